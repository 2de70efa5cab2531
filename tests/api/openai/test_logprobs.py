"""Log probabilities in the shape of completions, where tokens have no text of their own."""

from math import inf

from service.api.openai.logprobs import CompletionLogprobsWriter, chat_logprobs
from service.engine.protocol.outputs import TokenLogprob
from tests.fakes.tokenizer import byte_tokenizer

TOKENIZER = byte_tokenizer()
NI, HAO = TOKENIZER.encode("你"), TOKENIZER.encode("好")


def test_the_likeliest_of_several_tokens_with_the_same_text_counts() -> None:
    """Clients compare the values to see whether a token was the likeliest. A rarer one must not change them."""
    chosen = TokenLogprob(NI[0], -3.0, ((NI[1], -0.1), (65, -2.0)))
    written = CompletionLogprobsWriter(TOKENIZER).write([chosen])
    assert written.token_logprobs == [-3.0]
    assert written.top_logprobs == [{"\ufffd": -0.1, TOKENIZER.token_text(65): -2.0}]


def test_offsets_continue_in_the_next_piece() -> None:
    writer = CompletionLogprobsWriter(TOKENIZER)
    first = writer.write_prompt(TOKENIZER.encode("ab"), [None, TokenLogprob(66, -1.0)])
    second = writer.write([TokenLogprob(token, -1.0) for token in TOKENIZER.encode("cd")])
    assert (first.text_offset, second.text_offset) == ([0, 1], [2, 3])


def test_a_prompt_without_log_probabilities_is_still_counted() -> None:
    written = CompletionLogprobsWriter(TOKENIZER).write_prompt(TOKENIZER.encode("ab"), ())
    assert written.token_logprobs == [None, None]


def test_impossible_tokens_have_a_finite_log_probability() -> None:
    impossible = TokenLogprob(HAO[0], -inf, ((65, -inf),))
    assert CompletionLogprobsWriter(TOKENIZER).write([impossible]).token_logprobs == [-9999.0]
    (entry,) = chat_logprobs([impossible], TOKENIZER).content
    assert (entry.logprob, entry.bytes) == (-9999.0, list("好".encode())[:1])
    assert entry.top_logprobs[0].logprob == -9999.0
