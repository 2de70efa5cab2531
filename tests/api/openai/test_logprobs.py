"""Log probabilities in the shape of completions, where tokens have no text of their own."""

from math import inf

import tokenizers
from tokenizers import decoders, models

from service.api.openai.echo import Echo
from service.api.openai.logprobs import CompletionLogprobsWriter, chat_logprobs
from service.engine.protocol.outputs import TokenLogprob
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.tokenizer import EOS, byte_tokenizer

TOKENIZER = byte_tokenizer()
NI, HAO = TOKENIZER.encode("你"), TOKENIZER.encode("好")
AB = Echo("ab", [0, 1])


def spelled(*texts: str) -> Tokenizer:
    """A tokenizer in which several tokens may have the same text; "" has none."""
    library = tokenizers.Tokenizer(models.WordLevel({f"{text}@{i}": i for i, text in enumerate(texts)}, "?"))
    library.decoder = decoders.Replace(tokenizers.Regex("@.$"), "")
    return Tokenizer(library)


def likely(*tokens: int) -> list[TokenLogprob]:
    return [TokenLogprob(token, -1.0) for token in tokens]


def test_parts_of_characters_have_names_of_their_own() -> None:
    """Clients compare names and values to see whether a token was the likeliest."""
    chosen = TokenLogprob(NI[0], -3.0, ((NI[1], -0.1), (65, -2.0)))
    written = CompletionLogprobsWriter(TOKENIZER).write([chosen])
    assert written.token_logprobs == [-3.0]
    assert written.tokens == ["bytes:\\xe4"]
    assert written.top_logprobs == [{"bytes:\\xbd": -0.1, TOKENIZER.token_text(65): -2.0, "bytes:\\xe4": -3.0}]


def test_tokens_with_the_same_text_keep_their_entries() -> None:
    tokenizer = spelled("a", "b", "b", "")
    written = CompletionLogprobsWriter(tokenizer).write([TokenLogprob(2, -3.0, ((1, -0.1), (0, -2.0), (3, -2.5)))])
    assert written.tokens == ["b"]
    assert written.top_logprobs == [{"token_id:1": -0.1, "a": -2.0, "token_id:3": -2.5, "b": -3.0}]


def test_offsets_continue_in_the_next_piece() -> None:
    prompt = TOKENIZER.encode("ab")
    writer = CompletionLogprobsWriter(TOKENIZER, prompt)
    first = writer.write_prompt(prompt, [None, *likely(66)], AB)
    second = writer.write(likely(*TOKENIZER.encode("cd")))
    assert (first.text_offset, second.text_offset) == ([0, 1], [2, 3])


def test_offsets_count_the_characters_of_the_text() -> None:
    """A part of a character begins where the character does, and the halves of a broken one where U+FFFD stands."""
    tokens = [*TOKENIZER.encode("a你b"), NI[0], EOS, *TOKENIZER.encode("c")]
    written = CompletionLogprobsWriter(TOKENIZER, TOKENIZER.encode("x")).write(likely(*tokens))
    assert TOKENIZER.decode(tokens) == "a你b\ufffdc"
    assert written.text_offset == [0, 1, 1, 1, 2, 3, 3, 3]


def test_a_character_that_the_prompt_began_belongs_to_the_continuation() -> None:
    written = CompletionLogprobsWriter(TOKENIZER, NI[:1]).write(likely(*NI[1:], 65))
    assert written.text_offset == [0, 0, 1]


def test_a_prompt_without_log_probabilities_is_still_counted() -> None:
    written = CompletionLogprobsWriter(TOKENIZER).write_prompt(TOKENIZER.encode("ab"), (), AB)
    assert written.token_logprobs == [None, None]


def test_impossible_tokens_have_a_finite_log_probability() -> None:
    impossible = TokenLogprob(HAO[0], -inf, ((65, -inf),))
    assert CompletionLogprobsWriter(TOKENIZER).write([impossible]).token_logprobs == [-9999.0]
    (entry,) = chat_logprobs([impossible], TOKENIZER).content
    assert (entry.logprob, entry.bytes) == (-9999.0, list("好".encode())[:1])
    assert entry.top_logprobs[0].logprob == -9999.0
