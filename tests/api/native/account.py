"""What every native answer says of its cost."""

from typing import Any


def check_account(answer: dict[str, Any], *, tokens: int) -> None:
    """Every answer says what it cost and how long it took."""
    assert answer["model"] == "org/tiny"
    usage, timings = answer["usage"], answer["timings"]
    assert usage["completion_tokens"] == tokens
    assert usage["total_tokens"] == usage["prompt_tokens"] + tokens
    assert timings["queue_seconds"] == 0.5
    assert 0 < timings["ttft_seconds"] <= timings["total_seconds"]
