"""Attention among the positions of each source, with PyTorch's scaled dot product attention."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from service.models.contracts.step_view import Ints
from service.models.encoder_decoder.paged_rows import MAX_PADDING


class SourceRows:
    """The sources of a batch in groups of similar length, the longest first. The sources of a group are padded."""

    def __init__(self, offsets: Ints, to_device: Callable[[np.ndarray], Tensor], *, dtype: torch.dtype) -> None:
        lengths = np.diff(offsets)
        self._groups = []
        order = np.argsort(-lengths, kind="stable")
        while len(order):
            longest = lengths[order[0]]
            padding = longest * np.arange(1, len(order) + 1) / lengths[order].cumsum()
            count = int(np.searchsorted(padding, MAX_PADDING, side="right"))
            group, order = order[:count], order[count:]
            exists = np.arange(longest) < lengths[group, None]
            rows = np.where(exists, offsets[group, None] + np.arange(longest), offsets[group, None])
            mask = np.where(exists, 0.0, -np.inf)[:, None, None]
            self._groups.append((to_device(rows), to_device(exists), to_device(mask).to(dtype)))

    def attend(self, query: Tensor, key: Tensor, value: Tensor, scale: float, bias: Tensor | None = None) -> Tensor:
        """Attend from ``query`` to ``key`` and ``value``, [S, H, D] each. Returns [S, H, D].

        ``bias`` [H, 2 * max + 1] is added to the scores by distance, as ``relative_bias`` has it.
        """
        out = torch.empty_like(query)
        for rows, exists, mask in self._groups:
            if bias is not None:
                longest, places = bias.shape[1] // 2, torch.arange(rows.shape[1], device=rows.device)
                mask = mask + bias[:, (places - places[:, None]).clamp(-longest, longest) + longest]
            found = F.scaled_dot_product_attention(
                query[rows].transpose(1, 2), key[rows].transpose(1, 2), value[rows].transpose(1, 2), mask, scale=scale
            )
            out[rows[exists]] = found.transpose(1, 2)[exists]
        return out
