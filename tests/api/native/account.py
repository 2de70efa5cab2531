"""The usage and the timings of native answers."""

from typing import Any


def check_account(answer: dict[str, Any], *, tokens: int) -> None:
    """Every answer has its usage and its timings."""
    assert answer["model"] == "org/tiny"
    usage, timings = answer["usage"], answer["timings"]
    assert usage["completion_tokens"] == tokens
    assert usage["total_tokens"] == usage["prompt_tokens"] + tokens
    assert timings["queue_seconds"] == 0.5
    assert 0 < timings["ttft_seconds"] <= timings["total_seconds"]
