"""An encoder that is computed without padding."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions

# From texts that stand one behind another to their last hidden states, [tokens, hidden]. The arguments are the token
# ids, the positions and the types of the tokens, int64 [tokens], and the number of tokens of each text.
HiddenStates = Callable[[Tensor, Tensor, Tensor | None, Sequence[int]], Tensor]


class PackedEncoder(nn.Module):
    """Takes the place of the encoder in a transformers module with a head, which notices no difference.

    It gets padded rows, puts their tokens one behind another, and returns padded rows of hidden states. So the linear
    layers compute no padding, and every input is computed as if it were alone. Where the encoder has a pooler, that
    computes the padded rows.
    """

    def __init__(self, encoder: Any, hidden_states: HiddenStates) -> None:
        """``encoder`` is the module whose place it takes; ``hidden_states`` computes what the encoder computes."""
        super().__init__()
        self.config = encoder.config
        self.pooler = getattr(encoder, "pooler", None)
        self._first_position = first_position(encoder)
        self._hidden_states = hidden_states

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None, **_: Any
    ) -> BaseModelOutputWithPoolingAndCrossAttentions:
        """Hidden states [rows, length, hidden] for tensors [rows, length]; 0 in place of the padding."""
        is_token = attention_mask.bool()
        places = torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)
        packed = self._hidden_states(
            input_ids[is_token],
            places[is_token] + self._first_position,
            None if token_type_ids is None else token_type_ids[is_token],
            attention_mask.sum(dim=1).tolist(),
        )
        hidden = packed.new_zeros(*input_ids.shape, packed.shape[-1])
        hidden[is_token] = packed
        return BaseModelOutputWithPoolingAndCrossAttentions(
            last_hidden_state=hidden, pooler_output=None if self.pooler is None else self.pooler(hidden)
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
