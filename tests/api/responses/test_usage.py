"""The parts that answers share."""

import pytest

from service.api.responses.usage import ResponseTimings, ResponseUsage, final_reason, finish_reason
from service.api.wire.response_model import to_json
from service.engine.protocol.outputs import ErrorKind, FinishReason
from service.errors import PoisonPill, ProcessError, ProcessUnavailable
from service.tasks.generation.choice import Choice, Delta
from service.tasks.generation.usage import Timings, Usage


def test_usage_has_openais_fields() -> None:
    written = to_json(ResponseUsage.from_usage(Usage(prompt_tokens=5, completion_tokens=3, cached_tokens=2)))
    assert written == (
        b'{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":2},'
        b'"completion_tokens_details":{"reasoning_tokens":0,"accepted_prediction_tokens":0,'
        b'"rejected_prediction_tokens":0}}'
    )


def test_timings_are_rounded_to_microseconds() -> None:
    timings = ResponseTimings.from_timings(Timings(0.12345678, None, 1.00000049))
    assert (timings.queue_seconds, timings.ttft_seconds, timings.total_seconds) == (0.123457, None, 1.0)


@pytest.mark.parametrize(("finish", "name"), [(FinishReason.STOP, "stop"), (FinishReason.LENGTH, "length")])
def test_finish_reasons(finish: FinishReason, name: str) -> None:
    assert finish_reason(Delta(0, 0, "", finish=finish)) == final_reason(Choice(finish=finish)) == name


def test_an_unfinished_choice_has_no_reason() -> None:
    assert finish_reason(Delta(0, 0, "x")) is None


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        (Choice(finish=FinishReason.ERROR, error="x"), ProcessError),
        (Choice(finish=FinishReason.ERROR, error_kind=ErrorKind.POISON_PILL), PoisonPill),
        (Choice(finish=FinishReason.ABORT), ProcessUnavailable),
    ],
)
def test_a_failed_choice_raises(choice: Choice, error: type[Exception]) -> None:
    with pytest.raises(error):
        final_reason(choice)
