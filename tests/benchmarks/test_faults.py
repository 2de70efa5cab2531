"""The whole service survives its engine: no answer of any kind is lost, and none is another one than undisturbed."""

from pathlib import Path

import pytest

from benchmarks.faults.answer import answer
from benchmarks.faults.benchmark import faults
from service.models.native import kernels
from tests.engine.tiny_models import NATIVE_SHAPE, tiny_model


@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
async def test_every_kind_of_answer_survives_kills_unchanged(tmp_path: Path) -> None:
    tiny_model("llama", tmp_path, max_position_embeddings=4096, **NATIVE_SHAPE)
    flags = ["--deterministic", "--threads", "1", "--num-blocks", "4096"]
    outcome = await faults(str(tmp_path), None, kills=2, clients=20, seed=1, flags=flags)
    assert outcome.failures(exact=True) == []
    assert len(outcome.recoveries) == 2


def test_an_answer_does_not_depend_on_its_events() -> None:
    events = [
        '{"id": "a", "choices": [{"index": 1, "text": "x", "logprobs": {"tokens": ["x"]}, "finish_reason": null}]}',
        '{"id": "a", "choices": [{"index": 1, "text": "y", "logprobs": {"tokens": ["y"]}, "finish_reason": "stop"}]}',
    ]
    body = "".join(f"data: {event}\n\n" for event in events)
    whole = {"choices": {1: {"index": 1, "text": "xy", "logprobs": {"tokens": ["x", "y"]}, "finish_reason": "stop"}}}
    assert answer(f"{body}: a comment\n\ndata: [DONE]\n\n", stream=True) == whole
    for broken in (body, 'data: {"error": {}}\n\ndata: [DONE]\n\n'):
        with pytest.raises(ValueError, match=r"without an end|\{\}"):
            answer(broken, stream=True)
