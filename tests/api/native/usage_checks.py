"""Checks of the usage and the timings of native answers."""

from typing import Any


def check_usage_and_timings(answer: dict[str, Any], *, tokens: int) -> None:
    """Check the model, the usage and the timings of an answer with this number of generated tokens."""
    assert answer["model"] == "org/tiny"
    usage, timings = answer["usage"], answer["timings"]
    assert usage["completion_tokens"] == tokens
    assert usage["total_tokens"] == usage["prompt_tokens"] + tokens
    assert timings["queue_seconds"] == 0.5
    assert 0 < timings["ttft_seconds"] <= timings["total_seconds"]
