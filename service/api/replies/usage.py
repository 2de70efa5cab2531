"""What all formats say alike."""

from typing import Any

from service.tasks.generation.choice import Choice, Delta, raise_if_failed
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


def finish_reason(choice: Choice | Delta) -> str | None:
    """``stop`` or ``length``, or None while the choice goes on. Raises ProcessError if the choice failed."""
    raise_if_failed(choice)
    return None if choice.finish is None else str(choice.finish)
