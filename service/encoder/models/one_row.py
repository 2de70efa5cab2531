"""A transformers encoder that computes several texts in one row of tokens."""

import inspect
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from transformers import AttentionInterface

from service.encoder.models.row_attention import RowAttention
from service.models.contracts.attention import ATTENTION_NAME, attention_forward

AttentionInterface.register(ATTENTION_NAME, attention_forward)


class OneRow:
    """Calls the encoder with one row, in which each text attends to itself only. A ``HiddenStates``."""

    def __init__(self, encoder: Any) -> None:
        """``can_compute`` must be true for the encoder. Its attention is replaced."""
        self._encoder = encoder
        config = encoder.config
        self._always_bidirectional = (
            getattr(config, "is_causal", True) is False or getattr(config, "use_bidirectional_attention", None) is True
        )
        # A model without a token cache needs no argument that switches it off.
        has_cache = "use_cache" in inspect.signature(encoder.forward).parameters
        self._no_cache = {"use_cache": False} if has_cache else {}
        encoder.set_attn_implementation(ATTENTION_NAME)

    @staticmethod
    def can_compute(encoder: Any) -> bool:
        """Whether the encoder lets its attention be replaced and gets positions as an argument."""
        return encoder._supports_attention_backend and "position_ids" in inspect.signature(encoder.forward).parameters

    def __call__(self, ids: Tensor, positions: Tensor, types: Tensor | None, lengths: Sequence[int]) -> Tensor:
        """The last hidden states [tokens, hidden]."""
        arguments = {"input_ids": ids[None], "position_ids": positions[None]}
        if types is not None:
            arguments["token_type_ids"] = types[None]
        attention = RowAttention(lengths, always_bidirectional=self._always_bidirectional)
        hidden: Tensor = self._encoder(**arguments, **self._no_cache, paged_attention=attention).last_hidden_state
        return hidden[0]
