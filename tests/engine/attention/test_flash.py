"""FlashAttention is called as its kernel expects, and only for layers that it can compute."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from service.engine.attention import flash
from service.engine.attention.batch import Batch
from service.engine.attention.flash import FlashAttention
from service.engine.attention.gathered import GatheredAttention
from service.engine.attention.paged import AttentionBackend
from service.models.contracts.layer_spec import LayerSpec
from tests.engine.attention.attention_cases import (
    PLAIN,
    SPECS,
    STEPS,
    Case,
    assert_expected,
    emulated_varlen_attn,
    make_case,
    needs_cuda,
)

FLASH_SPECS = ["plain", "one head each", "one KV head", "window over blocks", "window of one"]


def flash_case(spec: str, step: str, device: str) -> Case:
    chunks = [*STEPS[step], (256, 1), (500, 13)]
    return make_case(SPECS[spec], chunks, block_size=256, dtype=torch.bfloat16, device=device)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("spec", FLASH_SPECS)
def test_the_kernel_is_called_as_documented(spec: str, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", emulated_varlen_attn)
    case = flash_case(spec, step, "cpu")
    assert_expected(case, case.attend(FlashAttention.from_batch(case.batch)))


@needs_cuda
@pytest.mark.parametrize("step", STEPS)
def test_attention_is_exact_on_cuda(step: str) -> None:
    for spec in FLASH_SPECS:
        case = flash_case(spec, step, "cuda")
        assert_expected(case, case.attend(FlashAttention.from_batch(case.batch)))


@pytest.mark.parametrize(
    ("spec", "changes", "reason"),
    [
        (PLAIN, {}, ""),
        (replace(PLAIN, window=5), {}, ""),
        (replace(PLAIN, key_dim=256, value_dim=256), {"block_size": 512}, ""),
        (PLAIN, {"dtype": torch.float32}, "float16 and bfloat16"),
        (PLAIN, {"block_size": 16}, "multiples of 256"),
        (replace(PLAIN, softcap=1.0), {}, "soft cap"),
        (replace(PLAIN, value_dim=16), {}, "one dimension"),
        (replace(PLAIN, key_dim=12, value_dim=12), {}, "head dimension"),
        (replace(PLAIN, key_dim=264, value_dim=264), {}, "head dimension"),
    ],
)
def test_unsupported_shapes_have_a_reason(spec: LayerSpec, changes: dict, reason: str) -> None:
    found = flash.unsupported_shape_reason(spec, **({"block_size": 256, "dtype": torch.bfloat16} | changes))
    assert reason in found
    assert bool(reason) == bool(found)


def test_a_cpu_is_unsupported() -> None:
    found = flash.unsupported_reason(PLAIN, block_size=256, dtype=torch.bfloat16, device=torch.device("cpu"))
    assert found == "it needs an NVIDIA GPU"


@needs_cuda
@pytest.mark.parametrize("pick", [GatheredAttention, FlashAttention.from_batch])
def test_backends_agree_on_a_real_size(pick: Callable[[Batch], AttentionBackend]) -> None:
    spec = LayerSpec(heads=14, kv_heads=2, key_dim=64, value_dim=64, scale=0.125)
    chunks = [(900, 1), (0, 300), (511, 1), (256, 256), (1023, 1), (0, 1)]
    case = make_case(spec, chunks, block_size=256, dtype=torch.bfloat16, device="cuda")
    assert_expected(case, case.attend(pick(case.batch)))
