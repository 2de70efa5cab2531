"""The limits of a step: configured values, or the device's defaults."""

from typing import Any, cast

import pytest

from service.engine.execution.step_limits import StepLimits
from service.errors import EngineError
from tests.engine.configs import engine_config


def limits(*, cuda: bool = False, **config: Any) -> tuple[int, int, int]:
    found = StepLimits.from_config(engine_config("", **config), cuda=cuda)
    return found.max_num_seqs, found.max_batch_tokens, found.prefill_chunk


def test_zeros_become_the_defaults_of_the_device() -> None:
    zeros: dict[str, Any] = {"max_num_seqs": 0, "max_batch_tokens": 0, "prefill_chunk": 0}
    assert limits(**zeros) == (64, 512, 256)
    assert limits(cuda=True, **zeros) == (256, 8192, 2048)


def test_configured_values_are_used() -> None:
    assert limits(max_num_seqs=3, max_batch_tokens=100, prefill_chunk=7) == (3, 100, 7)


def test_a_chunk_is_never_larger_than_the_token_budget() -> None:
    assert limits(max_num_seqs=1, max_batch_tokens=33, prefill_chunk=0) == (1, 33, 33)


@pytest.mark.parametrize(
    "name", ["max_model_len", "max_num_seqs", "max_batch_tokens", "prefill_chunk", "block_size", "num_blocks"]
)
def test_negative_values_are_refused(name: str) -> None:
    with pytest.raises(EngineError, match=f"{name} is -1: it must not be negative"):
        limits(**cast(dict[str, Any], {name: -1}))
