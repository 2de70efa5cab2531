"""Attention among the tokens of each input, where the inputs of a batch stand one behind another in one row."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from service.errors import UnsupportedModel

_UNDERSTOOD = {"dropout", "scaling", "sliding_window", "position_ids", "is_causal", "deterministic"}


class RowAttention:
    """The attention of one forward pass, of the form that ``contracts.attention.Attention`` describes.

    Neighbours of the same length are computed together, so a batch that is sorted by length needs few calls.
    """

    def __init__(self, lengths: Sequence[int], *, always_bidirectional: bool) -> None:
        """``lengths`` are the tokens of each input. ``always_bidirectional``: no token is hidden from earlier ones."""
        self._groups = [(length, len(list(group))) for length, group in groupby(lengths)]
        self._always_bidirectional = always_bidirectional

    def __call__(
        self,
        module: nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        *,
        scaling: float | None = None,
        sliding_window: int | None = None,
        is_causal: bool | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """Attend from ``query`` [1, H, T, D] to ``key`` and ``value`` [1, KV, T, D]. Returns [1, T, H, D].

        Raises UnsupportedModel for an attention with other arguments.
        """
        unknown = {name for name, value in kwargs.items() if value is not None and not isinstance(value, bool)}
        if mask is not None or unknown - _UNDERSTOOD:
            raise UnsupportedModel(f"{type(module).__name__} attends with {', '.join(sorted(unknown)) or 'a mask'}")
        if is_causal is None:
            is_causal = bool(getattr(module, "is_causal", True))
        is_causal = is_causal and not self._always_bidirectional
        outputs = []
        begin = 0
        for length, count in self._groups:
            end = begin + length * count
            part = slice(begin, end)
            window = None
            if sliding_window is not None and sliding_window < length:
                window = _window(length, sliding_window, is_causal=is_causal, device=query.device)
            attended = scaled_dot_product_attention(  # [count, H, length, D]
                _stack(query[0, :, part], count),
                _stack(key[0, :, part], count),
                _stack(value[0, :, part], count),
                attn_mask=window,
                is_causal=is_causal and window is None,
                scale=scaling,
                enable_gqa=query.shape[1] != key.shape[1],
            )
            outputs.append(attended.transpose(1, 2).flatten(0, 1))
            begin = end
        return (outputs[0] if len(outputs) == 1 else torch.cat(outputs))[None]


def _stack(tokens: Tensor, count: int) -> Tensor:
    """A view [count, H, length, D] of tokens [H, count * length, D]."""
    heads, total, size = tokens.shape
    return tokens.view(heads, count, total // count, size).transpose(0, 1)


def _window(length: int, size: int, *, is_causal: bool, device: torch.device) -> Tensor:
    """Whether a token sees another, bool [length, length]: those less than ``size`` tokens away."""
    places = torch.arange(length, device=device)
    distances = places[:, None] - places[None]
    return (distances < size) & (distances >= (0 if is_causal else 1 - size))
