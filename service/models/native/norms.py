"""Packs normalizations for the compiled kernels."""

import torch

from service.models.contracts.decoder_layout import Norm
from service.models.native.packer import Packer
from service.models.native.structures import KernelNorm


def pack_norm(packer: Packer, norm: Norm | None, width: int, *, group: int = 0, scale: float = 1.0) -> KernelNorm:
    """A normalization of rows of ``width`` numbers, of which each ``group`` is normalized on its own; 0: all together.

    The result is multiplied by ``scale``.
    """
    if norm is None:
        return KernelNorm()
    weight, bias = (packer.load_vector(f"{norm.name}.{leaf}") for leaf in ("weight", "bias"))
    weight = torch.ones(width) if weight is None else (weight.flatten() + norm.added) * scale
    if bias is not None:
        bias = (bias.flatten() * scale).repeat(width // bias.numel())
    return KernelNorm(
        weight=packer.address_of(weight.repeat(width // weight.numel())),
        bias=None if bias is None else packer.address_of(bias),
        size=group or width,
        eps=norm.eps,
        centered=norm.centered,
    )
