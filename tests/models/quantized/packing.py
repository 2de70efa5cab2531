"""Packs integers as other programs do, number by number, and writes tiny checkpoints of their formats.

The bytes of compressed-tensors equal those of its own functions; see ``test_group_matrices``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

Array = NDArray[Any]
Parts = dict[str, Array]


@dataclass(frozen=True)
class Integers:
    """A matrix in groups: weight = scale * (code - zero), with ``codes`` [n, k] and the others [n, k / group]."""

    codes: Array
    scales: Array
    zeros: Array
    bits: int

    @property
    def group(self) -> int:
        return int(self.codes.shape[1] // self.scales.shape[1])

    def weights(self) -> NDArray[np.float32]:
        scales, zeros = (np.repeat(each, self.group, axis=1) for each in (self.scales, self.zeros))
        values: NDArray[np.float32] = scales.astype(np.float32) * (self.codes.astype(np.float32) - zeros)
        return values


def random_integers(
    shape: tuple[int, ...], *, bits: int = 4, group: int = 16, symmetric: bool = False, seed: int = 0
) -> Integers:
    """Random codes and zeros, and scales of float16 that make weights of about 0.1."""
    random, (n, k) = np.random.default_rng(seed), shape
    zeros = np.full((n, k // group), 1 << (bits - 1)) if symmetric else random.integers(1, 1 << bits, (n, k // group))
    scales = (random.uniform(0.2, 0.4, zeros.shape) / (1 << bits)).astype(np.float16)
    return Integers(random.integers(0, 1 << bits, (n, k)), scales, zeros, bits)


def pack_numbers(numbers: Array, bits: int, order: list[int] | None = None) -> NDArray[np.int32]:
    """The last dimension packed in int32: number ``order[i]`` of each run is at bit ``i * bits``."""
    run = 32 // bits
    order = order or list(range(run))
    runs = numbers.reshape(*numbers.shape[:-1], -1, run).astype(np.uint64)
    packed = sum((runs[..., number] << np.uint64(place * bits)) for place, number in enumerate(order))
    return np.asarray(packed).astype(np.uint32).view(np.int32)


def awq_parts(matrix: Integers) -> Parts:
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    return {
        "qweight": pack_numbers(matrix.codes.T, 4, order),
        "qzeros": pack_numbers(matrix.zeros.T, 4, order),
        "scales": matrix.scales.T,
    }


def gptq_parts(matrix: Integers, less: int = 1) -> Parts:
    """``less`` is 1 in the first version of the format, 0 in the second."""
    return {
        "qweight": pack_numbers(matrix.codes, matrix.bits).T,
        "qzeros": pack_numbers((matrix.zeros - less).T, matrix.bits),
        "scales": matrix.scales.T,
        "g_idx": (np.arange(matrix.codes.shape[1]) // matrix.group).astype(np.int32),
    }


def compressed_parts(matrix: Integers, *, symmetric: bool = False) -> Parts:
    """The format "pack-quantized" holds codes less a half of their range, packed with the half added again."""
    n, k = matrix.codes.shape
    parts = {
        "weight_packed": pack_numbers(matrix.codes, matrix.bits),
        "weight_scale": matrix.scales,
        "weight_shape": np.array([n, k], np.int64),
    }
    return parts if symmetric else parts | {"weight_zero_point": pack_numbers(matrix.zeros.T, matrix.bits).T}


def int8_parts(matrix: Integers) -> Parts:
    """The formats "int-quantized" and "naive-quantized", symmetric."""
    return {"weight": (matrix.codes - (1 << (matrix.bits - 1))).astype(np.int8), "weight_scale": matrix.scales}


def compressed_config(form: str = "pack-quantized", **weights: Any) -> dict[str, Any]:
    """A ``quantization_config`` of compressed-tensors; ``weights`` change the scheme of the weights."""
    scheme = {"num_bits": 4, "type": "int", "symmetric": False, "strategy": "group", "group_size": 16} | weights
    return {
        "quant_method": "compressed-tensors",
        "format": form,
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": scheme, "input_activations": None}},
        "ignore": ["lm_head"],
    }


def quantize_layers(
    path: Path, config: dict[str, Any], parts: Callable[[Integers], Parts], **options: Any
) -> dict[str, torch.Tensor]:
    """Replace the matrices of the layers in the checkpoint ``path`` by random integers; return all weights, float32."""
    weights, stored = load_file(path / "model.safetensors"), {}
    for seed, (name, tensor) in enumerate(sorted(weights.items())):
        if "_proj.weight" not in name:
            stored[name] = tensor
            continue
        matrix = random_integers(tuple(tensor.shape), seed=seed, **options)
        for part, values in parts(matrix).items():
            stored[f"{name.removesuffix('.weight')}.{part}"] = torch.from_numpy(np.ascontiguousarray(values))
        weights[name] = torch.from_numpy(matrix.weights())
    save_file(stored, path / "model.safetensors", {"format": "pt"})
    fields = json.loads((path / "config.json").read_text()) | {"quantization_config": config}
    (path / "config.json").write_text(json.dumps(fields))
    return weights
