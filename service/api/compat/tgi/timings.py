"""The headers in which TGI reports how long a text took. Times are in milliseconds, but ``x-compute-time``."""

from service.tasks.generation.completion import Completion


def timing_headers(completion: Completion, characters: int) -> dict[str, str]:
    """The headers for a completion that is done. ``characters`` are those of the prompt."""
    timings, usage = completion.timings, completion.usage
    inference = timings.total_seconds - timings.queue_seconds
    return {
        "x-compute-time": f"{timings.total_seconds:.6f}",
        "x-compute-characters": str(characters),
        "x-prompt-tokens": str(usage.prompt_tokens),
        "x-generated-tokens": str(usage.completion_tokens),
        "x-total-time": _milliseconds(timings.total_seconds),
        "x-queue-time": _milliseconds(timings.queue_seconds),
        "x-inference-time": _milliseconds(inference),
        "x-time-per-token": _milliseconds(inference / max(1, usage.completion_tokens)),
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
