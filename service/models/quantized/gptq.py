"""GPTQ checkpoints, 4 and 8 bits (https://arxiv.org/abs/2210.17323, the files of AutoGPTQ and GPTQModel).

A linear layer of k inputs and n outputs has ``qweight`` int32 [k * bits / 32, n], ``qzeros`` int32
[k / group, n * bits / 32], ``scales`` [k / group, n] and ``g_idx`` int32 [k], the group of each input. The first
version of the format stores each zero point less one, the second as it is.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import GroupMatrix
from service.models.quantized.packed_integers import unpack_columns, unpack_rows
from service.models.quantized.quantized_matrix import QuantizedMatrix, group_size, require_parts
from service.models.tensor_files import TensorFiles

_STORED_LESS = {"gptq": 1, "gptq_v2": 0}  # by checkpoint_format: what is missing in the stored zero points
_BITS = (4, 8)


def gptq_matrices(config: dict[str, Any], files: TensorFiles) -> dict[str, QuantizedMatrix]:
    """The quantized matrices by their names. Raises UnsupportedModel."""
    bits, kind = config.get("bits"), config.get("checkpoint_format") or "gptq"
    if bits not in _BITS:
        raise UnsupportedModel(f"GPTQ with {bits} bits is not read here, only with 4 or 8")
    if kind not in _STORED_LESS:
        raise UnsupportedModel(f"GPTQ in the format {kind!r} is not read here, only gptq and gptq_v2")
    if config.get("dynamic"):
        raise UnsupportedModel("GPTQ with other settings for some layers (dynamic) is not read here")
    layers = [name.removesuffix(".qweight") for name in files if name.endswith(".qweight")]
    load = partial(_load, bits=bits, missing=_STORED_LESS[kind], files=files)
    return {f"{layer}.weight": _matrix(layer, bits, config.get("group_size", 128), files, load) for layer in layers}


def _matrix(layer: str, bits: int, configured: int, files: TensorFiles, load: Any) -> QuantizedMatrix:
    names = [f"{layer}.{part}" for part in ("qweight", "qzeros", "scales")]
    in_number = 32 // bits
    packed, n = files.shape(names[0])
    k = packed * in_number
    group = group_size(configured, k, layer)
    expected = [[packed, n], [k // group, n // in_number], [k // group, n]]
    kinds = [{"I32"}, {"I32"}, {"F16", "BF16", "F32"}]
    parts = dict(zip(names, zip(expected, kinds, strict=True), strict=True))
    if f"{layer}.g_idx" in files:
        names.append(f"{layer}.g_idx")
        parts[names[-1]] = [k], {"I32"}
    require_parts(files, parts)
    return QuantizedMatrix([n, k], tuple(names), partial(load, tuple(names), group))


def _load(names: tuple[str, ...], group: int, *, bits: int, missing: int, files: TensorFiles) -> GroupMatrix:
    codes, zeros, scales, *groups = (files.load(name) for name in names)
    if groups:
        _require_order(groups[0], group, names[-1])
    stored = unpack_columns(zeros, bits)
    if missing and (stored == 2**bits - 1).any():
        # Some programs read these as 0, others as 2 ** bits.
        raise UnsupportedModel(f"{names[1]} has zero points that the first version of GPTQ's format leaves open")
    return GroupMatrix(
        codes=unpack_rows(codes, bits).T.contiguous(),
        scales=scales.float().T.contiguous(),
        zeros=(stored + missing).T.contiguous(),
        group=group,
        bits=bits,
    )


def _require_order(groups: Tensor, group: int, name: str) -> None:
    """Raises UnsupportedModel if the inputs of a group are not neighbours."""
    if not torch.equal(groups.long(), torch.arange(len(groups)) // group):
        raise UnsupportedModel(f"{name}: GPTQ with groups in the order of activations (desc_act) is not read here")
