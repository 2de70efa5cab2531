"""A transformers encoder that is computed without padding."""

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions

from service.encoder.models.row_attention import RowAttention
from service.models.contracts.attention import ATTENTION_NAME, attention_forward

AttentionInterface.register(ATTENTION_NAME, attention_forward)


class PackedEncoder(nn.Module):
    """Takes the place of the encoder in a transformers module with a head, which notices no difference.

    It gets padded rows. It puts their tokens one behind another into one row, lets the encoder compute that row, and
    returns padded rows of hidden states. So the linear layers compute no padding, and every input is computed as if it
    were alone. Where the encoder has a pooler, that computes the padded rows.
    """

    def __init__(self, encoder: Any) -> None:
        """``can_pack`` must be true for the encoder. Its attention is replaced."""
        super().__init__()
        self.encoder = encoder
        self._first_position = first_position(encoder)
        config = encoder.config
        self._always_bidirectional = (
            getattr(config, "is_causal", True) is False or getattr(config, "use_bidirectional_attention", None) is True
        )
        # A model without a token cache needs no argument that switches it off.
        has_cache = "use_cache" in inspect.signature(encoder.forward).parameters
        self._no_cache = {"use_cache": False} if has_cache else {}
        encoder.set_attn_implementation(ATTENTION_NAME)

    @staticmethod
    def can_pack(encoder: Any) -> bool:
        """Whether the encoder lets its attention be replaced and gets positions as an argument."""
        return encoder._supports_attention_backend and "position_ids" in inspect.signature(encoder.forward).parameters

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None, **_: Any
    ) -> BaseModelOutputWithPoolingAndCrossAttentions:
        """Hidden states [rows, length, hidden] for tensors [rows, length]; 0 in place of the padding."""
        is_token = attention_mask.bool()
        lengths: list[int] = attention_mask.sum(dim=1).tolist()
        places = torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)
        arguments = {"input_ids": input_ids[is_token][None], "position_ids": places[is_token][None]}
        arguments["position_ids"] += self._first_position
        if token_type_ids is not None:
            arguments["token_type_ids"] = token_type_ids[is_token][None]
        attention = RowAttention(lengths, always_bidirectional=self._always_bidirectional)
        packed = self.encoder(**arguments, **self._no_cache, paged_attention=attention).last_hidden_state[0]
        hidden = packed.new_zeros(*input_ids.shape, packed.shape[-1])
        hidden[is_token] = packed
        pooler = getattr(self.encoder, "pooler", None)
        return BaseModelOutputWithPoolingAndCrossAttentions(
            last_hidden_state=hidden, pooler_output=None if pooler is None else pooler(hidden)
        )


def first_position(encoder: Any) -> int:
    """The position of the first token. RoBERTa's positions begin behind the padding's index."""
    embedding = position_embedding(encoder)
    return 0 if embedding is None or embedding.padding_idx is None else embedding.padding_idx + 1


def position_embedding(encoder: Any) -> nn.Embedding | None:
    """The table of learned positions; None for models that rotate by position."""
    for name, part in encoder.named_modules():
        if name.endswith("position_embeddings") and isinstance(part, nn.Embedding):
            return part
    return None
