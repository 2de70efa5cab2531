"""Adapters for the compiled kernels: packed updates, and the rows of a step that have adapters."""

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from service.models.contracts.decoder_layout import DecoderLayout, LinearPart
from service.models.contracts.lora import LinearShape, LoraAdapter, LowRankUpdate
from service.models.contracts.step_view import StepView
from service.models.native.arranged_tensors import select_rows
from service.models.native.matrices import DTYPES
from service.models.native.structures import KernelAdapter, KernelLora, KernelLoraPanel

_RANKS = 4  # the matrices A of a layer are padded to a multiple of so many rows


@dataclass(slots=True, frozen=True)
class FusedLinear:
    """A linear layer of the kernels: one of the model's, several with the same input, or parts of one."""

    parts: tuple[LinearPart, ...]
    gated: bool = False  # the panels of the two parts alternate

    @property
    def shapes(self) -> dict[str, LinearShape]:
        """The model's linear layers, by name."""
        return {part.name: LinearShape(part.all_outputs, part.inputs) for part in self.parts}


def fused_linears(layout: DecoderLayout) -> list[FusedLinear]:
    """The linear layers of the kernels, four for each layer of the model, in the order of ``KernelAdapter.linears``."""
    return [
        FusedLinear(matrices, gated=layer.gated and matrices is layer.up)
        for layer in layout.layers
        for matrices in layer.linears
    ]


def _update_of(part: LinearPart, updates: Mapping[str, LowRankUpdate]) -> LowRankUpdate | None:
    """What an adapter with these ``updates`` changes in ``part``."""
    update = updates.get(part.name)
    return None if update is None else replace(update, b=select_rows(update.b, part.rows))


class PackedAdapter:
    """An adapter as the kernels read it. ``kernel_adapter`` holds addresses of ``tensors`` and of other structures."""

    def __init__(
        self, library: ctypes.CDLL, team: int, adapter: LoraAdapter, linears: Sequence[FusedLinear], *, kind: int
    ) -> None:
        """Pack ``adapter`` for the kernels in ``library``, with numbers of ``kind``: ``F32``, ``BF16`` or ``F16``."""
        self._library = library
        self._team = team
        self._lanes = int(library.trivium_lanes())
        self._kind = kind
        self.tensors: list[Tensor] = []
        self._panels: list[ctypes.Array[KernelLoraPanel]] = []
        parts = [self._pack(linear, adapter.updates) for linear in linears]
        self._linears = (KernelLora * len(parts))(*parts)
        self.kernel_adapter = KernelAdapter(linears=self._linears, kind=kind)
        self.largest_rank = max(part.rank for part in parts)

    @property
    def num_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.tensors)

    def _pack(self, linear: FusedLinear, all_updates: Mapping[str, LowRankUpdate]) -> KernelLora:
        updates = [_update_of(part, all_updates) for part in linear.parts]
        present = [update for update in updates if update is not None]
        if not present:
            return KernelLora()
        rank = sum(update.rank for update in present)
        padded_rank = -(-rank // _RANKS) * _RANKS
        k = present[0].a.shape[1]
        a = torch.zeros(padded_rank, -(-k // self._lanes) * self._lanes, dtype=DTYPES[self._kind])
        a[:rank, :k] = torch.cat([update.a for update in present])
        scales = torch.zeros(padded_rank)
        scales[:rank] = torch.cat([torch.full((update.rank,), update.scaling) for update in present])
        b, panels = self._pack_outputs(linear, updates)
        return KernelLora(
            a=self._address_of(a),
            scales=self._address_of(scales),
            b=self._address_of(b),
            panels=panels,
            rank=padded_rank,
        )

    def _pack_outputs(
        self, linear: FusedLinear, updates: Sequence[LowRankUpdate | None]
    ) -> tuple[Tensor, "ctypes.Array[KernelLoraPanel]"]:
        """The matrices B in panels, and where the panel of each of the layer's panels is."""
        size = 2 * self._lanes  # columns of a panel
        tensors: list[Tensor] = []
        parts: list[list[KernelLoraPanel]] = []
        begin = first = 0
        for part, update in zip(linear.parts, updates, strict=True):
            count = -(-part.outputs // size)
            if update is None:
                parts.append([KernelLoraPanel()] * count)
                continue
            rank = update.rank
            parts.append([KernelLoraPanel(begin + n * rank * size, first, rank) for n in range(count)])
            tensors.append(self._pack_matrix(update.b, count * size))
            begin += count * size * rank
            first += rank
        if linear.gated:
            panels = [panel for pair in zip(*parts, strict=True) for panel in pair]
        else:
            panels = [panel for part in parts for panel in part]
        array = (KernelLoraPanel * (len(panels) + 1))(*panels)  # panels are read in pairs, from an even or odd one on
        self._panels.append(array)
        return torch.cat(tensors), array

    def _pack_matrix(self, b: Tensor, columns: int) -> Tensor:
        b = b.contiguous()
        outputs, rank = b.shape
        packed = torch.zeros(columns * rank, dtype=DTYPES[self._kind])
        self._library.trivium_pack(self._team, b.data_ptr(), 0, packed.data_ptr(), self._kind, outputs, rank, 0)
        return packed

    def _address_of(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return tensor.data_ptr()


@dataclass(slots=True, frozen=True)
class AdaptedRows:
    """The rows of a step that have adapters, as the kernels read them."""

    adapters: "ctypes.Array[ctypes.c_void_p]"
    rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    places: np.ndarray[tuple[int], np.dtype[np.int32]]
    largest_rank: int

    @classmethod
    def from_step(cls, step: StepView, loaded: Mapping[int, PackedAdapter]) -> Self | None:
        """None if no row has an adapter."""
        if step.adapters is None:
            return None
        numbers = np.repeat(step.adapters, np.diff(step.offsets))
        rows = numbers.argsort(kind="stable")[np.count_nonzero(numbers == 0) :]  # rows of one adapter side by side
        places = np.full(len(numbers), -1, dtype=np.int32)
        places[rows] = np.arange(len(rows))
        packed = [loaded[number] for number in numbers[rows].tolist()]
        addresses = [ctypes.addressof(each.kernel_adapter) for each in packed]
        return cls(
            adapters=(ctypes.c_void_p * len(packed))(*addresses),
            rows=rows,
            places=places,
            largest_rank=max(each.largest_rank for each in packed),
        )

    def fields(self) -> dict[str, int]:
        """The fields of ``KernelStep``. This object must live as long as they are used."""
        return {
            "adapters": ctypes.addressof(self.adapters),
            "adapted_rows": self.rows.ctypes.data,
            "places": self.places.ctypes.data,
            "adapted": len(self.rows),
            "largest_rank": self.largest_rank,
        }
