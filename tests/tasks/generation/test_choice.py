"""Deltas, whole choices, and choices that failed."""

import pytest

from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenLogprob, TokenOutput
from service.errors import EngineError, PoisonPill, ProcessUnavailable
from service.tasks.generation.choice import Choice, Delta, raise_if_failed

TOKENS = tuple(TokenOutput("id", token) for token in range(3))


def test_joined_deltas_have_both_texts_and_the_end_of_the_later() -> None:
    earlier = Delta(1, 2, "one ", TOKENS[:2])
    later = Delta(1, 2, "two", TOKENS[2:], FinishReason.STOP, "\n")
    assert earlier.joined(later) == Delta(1, 2, "one two", TOKENS, FinishReason.STOP, "\n")


def test_a_choice_is_all_its_deltas() -> None:
    choice = Choice()
    choice.add(Delta(0, 0, "one ", TOKENS[:2]))
    assert choice.finish is None
    choice.add(Delta(0, 0, "two", TOKENS[2:], FinishReason.ERROR, None, "no memory", ErrorKind.POISON_PILL))
    assert (choice.text, tuple(choice.tokens), choice.finish) == ("one two", TOKENS, FinishReason.ERROR)
    assert (choice.error, choice.error_kind) == ("no memory", ErrorKind.POISON_PILL)


def test_the_log_probabilities_of_a_prompt_come_with_the_first_output() -> None:
    logprobs = (None, TokenLogprob(5, -1.5))
    assert Choice().prompt_logprobs == ()
    assert Choice(tokens=[TokenOutput("id", 1, prompt_logprobs=logprobs), *TOKENS]).prompt_logprobs == logprobs


@pytest.mark.parametrize("finish", [None, FinishReason.STOP, FinishReason.LENGTH])
def test_a_choice_that_goes_on_or_is_complete_has_not_failed(finish: FinishReason | None) -> None:
    raise_if_failed(Choice(finish=finish))
    raise_if_failed(Delta(0, 0, "", finish=finish))


@pytest.mark.parametrize(
    ("finish", "kind", "error"),
    [
        (FinishReason.ERROR, ErrorKind.FAILED, EngineError),
        (FinishReason.ERROR, ErrorKind.POISON_PILL, PoisonPill),
        (FinishReason.ABORT, ErrorKind.FAILED, ProcessUnavailable),
    ],
)
def test_a_choice_that_failed_raises_its_error(finish: FinishReason, kind: ErrorKind, error: type[Exception]) -> None:
    with pytest.raises(error):
        raise_if_failed(Choice(finish=finish, error="no memory", error_kind=kind))
    with pytest.raises(error):
        raise_if_failed(Delta(0, 0, "", finish=finish, error="no memory", error_kind=kind))
