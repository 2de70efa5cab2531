"""What all formats say alike."""

from typing import Any

from service.api.errors import ApiError
from service.engine.protocol.types import FinishReason
from service.errors import failure
from service.tasks.generation.choice import Choice, Delta
from service.tasks.generation.usage import Timings, Usage


def usage(usage: Usage) -> dict[str, Any]:
    """OpenAI's usage object."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def timings(timings: Timings) -> dict[str, Any]:
    """Seconds, to the microsecond."""
    return {
        "queue_seconds": round(timings.queue_seconds, 6),
        "ttft_seconds": None if timings.ttft_seconds is None else round(timings.ttft_seconds, 6),
        "total_seconds": round(timings.total_seconds, 6),
    }


def finish_reason(news: Choice | Delta) -> str | None:
    """``stop`` or ``length``, or None while there is none. Raises EngineError or ApiError if it ended else."""
    match news.finish:
        case FinishReason.ERROR:
            raise failure(news.error)
        case FinishReason.ABORT:
            raise ApiError(503, "The service is stopping", code="draining")
        case None:
            return None
        case finish:
            return str(finish)
