"""Deltas from the outputs of one sequence. ``test_completion`` compares the text of all deltas with the whole text."""

from typing import Any

from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenOutput
from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.generation.choice import Delta
from service.tasks.generation.choice_decoder import ChoiceDecoder
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from tests.tasks.text.vocabularies import tokenizer

TOKENIZER = tokenizer("byte_level")
EOS = TOKENIZER.eos_token_ids[0]


def make_decoder(*, min_tokens: int = 0, **options: Any) -> ChoiceDecoder:
    params = SamplingParams(max_tokens=50, min_tokens=min_tokens, stop_token_ids=(EOS,))
    request = GenerationRequest(prompt=tuple(TOKENIZER.encode("Hi")), options=Options(params=params, **options))
    return ChoiceDecoder(request, TOKENIZER, prompt_index=2, choice=1)


def outputs(text: str) -> list[TokenOutput]:
    return [TokenOutput("id", token) for token in TOKENIZER.encode(text)]


def test_a_delta_has_the_place_of_its_choice_and_its_tokens() -> None:
    [output] = outputs("a")
    assert make_decoder().push(output) == Delta(2, 1, "a", (output,))


def test_the_tokens_of_an_incomplete_character_come_with_its_last_one() -> None:
    decoder = make_decoder()
    *begun, last = outputs("龘")
    assert [decoder.push(output) for output in begun] == [None] * len(begun)
    delta = decoder.push(last)
    assert delta is not None
    assert (delta.text, delta.tokens) == ("龘", (*begun, last))
    assert decoder.num_tokens == len(begun) + 1


def test_a_stop_string_ends_the_choice_before_the_engine_does() -> None:
    decoder = make_decoder(stop=(".",))
    deltas = [decoder.push(output) for output in outputs("a.b")]
    ended = next(delta for delta in deltas if delta is not None and delta.finish is not None)
    assert (ended.finish, ended.stop) == (FinishReason.STOP, ".")


def test_a_stop_string_in_the_first_tokens_is_text() -> None:
    decoder = make_decoder(stop=(".",), min_tokens=9)
    assert "".join(delta.text for output in outputs("a.b") if (delta := decoder.push(output))) == "a.b"
    assert decoder.finish is None


def test_the_last_delta_has_the_stop_token_and_the_text_that_was_held_back() -> None:
    decoder = make_decoder(stop=("\n\n",))
    [line_break] = outputs("\n")
    assert decoder.push(line_break) is None
    last = TokenOutput("id", EOS, finish=FinishReason.STOP)
    assert decoder.push(last) == Delta(2, 1, "\n", (line_break, last), FinishReason.STOP, EOS)


def test_an_error_of_the_engine_is_in_the_last_delta() -> None:
    output = TokenOutput("id", finish=FinishReason.ERROR, error="no memory", error_kind=ErrorKind.POISON_PILL)
    delta = make_decoder().push(output)
    assert delta is not None
    assert (delta.finish, delta.error, delta.error_kind) == (FinishReason.ERROR, "no memory", ErrorKind.POISON_PILL)


def test_an_output_that_has_begun_goes_on_and_comes_whole_with_the_first_delta() -> None:
    *begun, last = outputs("ab龘")
    request = GenerationRequest(prompt=(), options=Options(stop=("z",)), begun=tuple(begun))
    decoder = ChoiceDecoder(request, TOKENIZER, prompt_index=0, choice=0)
    assert decoder.push(last) == Delta(0, 0, "ab龘", (*begun, last))
    assert decoder.num_tokens == 1
    [more] = outputs("c")
    assert decoder.push(more) == Delta(0, 0, "c", (more,))
