"""The parts that answers of several APIs share: usage, timings, finish reason."""

from typing import Literal, cast

from service.api.wire.response_model import ResponseModel
from service.tasks.generation.choice import Choice, Delta, raise_if_failed
from service.tasks.generation.usage import Timings, Usage

FinishReasonName = Literal["stop", "length"]


class PromptTokensDetails(ResponseModel):
    """A part of the prompt tokens: those found in the prefix cache."""

    cached_tokens: int


class CompletionTokensDetails(ResponseModel):
    """OpenAI's kinds of generated tokens. Rejected tokens of a prediction are in no other count."""

    reasoning_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0


class ResponseUsage(ResponseModel):
    """OpenAI's usage object: counts of tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails
    completion_tokens_details: CompletionTokensDetails

    @classmethod
    def from_usage(cls, usage: Usage) -> "ResponseUsage":
        """The object for the tokens that a task has used until now."""
        return cls(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            prompt_tokens_details=PromptTokensDetails(usage.cached_tokens),
            completion_tokens_details=CompletionTokensDetails(
                usage.reasoning_tokens, usage.accepted_prediction_tokens, usage.rejected_prediction_tokens
            ),
        )


class InputUsage(ResponseModel):
    """OpenAI's usage object of work that generates nothing. Both numbers are the tokens of the inputs."""

    prompt_tokens: int
    total_tokens: int

    @classmethod
    def from_usage(cls, usage: Usage) -> "InputUsage":
        """The object for the tokens of a task's inputs."""
        return cls(usage.prompt_tokens, usage.total_tokens)


class ResponseTimings(ResponseModel):
    """Seconds since the request was queued."""

    queue_seconds: float
    ttft_seconds: float | None
    total_seconds: float

    @classmethod
    def from_timings(cls, timings: Timings) -> "ResponseTimings":
        """The object for a task's timings, rounded to microseconds."""
        return cls(
            queue_seconds=round(timings.queue_seconds, 6),
            ttft_seconds=None if timings.ttft_seconds is None else round(timings.ttft_seconds, 6),
            total_seconds=round(timings.total_seconds, 6),
        )


def finish_reason(choice: Choice | Delta) -> FinishReasonName | None:
    """Why the choice ended, or None while it goes on. Raises ProcessError if the choice failed."""
    raise_if_failed(choice)
    return None if choice.finish is None else cast(FinishReasonName, str(choice.finish))


def final_reason(choice: Choice) -> FinishReasonName:
    """Why a whole choice ended. Raises ProcessError if the choice failed."""
    reason = finish_reason(choice)
    assert reason is not None
    return reason
