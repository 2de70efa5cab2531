"""An answer is assembled from its events."""

import pytest

from benchmarks.faults.answer import assemble_answer


def test_an_answer_does_not_depend_on_its_events() -> None:
    events = [
        '{"id": "a", "choices": [{"index": 1, "text": "x", "logprobs": {"tokens": ["x"]}, "finish_reason": null}]}',
        '{"id": "a", "choices": [{"index": 1, "text": "y", "logprobs": {"tokens": ["y"]}, "finish_reason": "stop"}]}',
    ]
    body = "".join(f"data: {event}\n\n" for event in events)
    expected = {"choices": {1: {"index": 1, "text": "xy", "logprobs": {"tokens": ["x", "y"]}, "finish_reason": "stop"}}}
    assert assemble_answer(f"{body}: a comment\n\ndata: [DONE]\n\n", stream=True) == expected
    for broken in (body, 'data: {"error": {}}\n\ndata: [DONE]\n\n'):
        with pytest.raises(ValueError, match=r"without an end|\{\}"):
            assemble_answer(broken, stream=True)
