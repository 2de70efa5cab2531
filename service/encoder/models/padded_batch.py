"""The inputs of a batch as rows of equal length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from service.encoder.messages import EncoderInput


@dataclass(frozen=True, slots=True)
class PaddedBatch:
    """int64 tensors [rows, length]. The padding stands on the right, so positions begin at the left edge."""

    input_ids: Tensor
    attention_mask: Tensor  # 1 for tokens, 0 for padding
    token_type_ids: Tensor | None  # None for models without token types
    lengths: tuple[int, ...]  # of the rows without padding

    @classmethod
    def from_inputs(
        cls, inputs: Sequence[EncoderInput], *, pad: int, has_types: bool, device: torch.device | str
    ) -> Self:
        """``pad`` is the token id of the padding."""
        lengths = tuple(len(each.tokens) for each in inputs)
        shape = len(inputs), max(lengths)
        mask = np.arange(shape[1]) < np.array(lengths)[:, None]

        def rows(values: Sequence[Sequence[int]], fill: int) -> Tensor:
            array = np.full(shape, fill, dtype=np.int64)
            array[mask] = np.fromiter((value for row in values for value in row), dtype=np.int64, count=sum(lengths))
            return torch.from_numpy(array).to(device)

        return cls(
            input_ids=rows([each.tokens for each in inputs], pad),
            attention_mask=torch.from_numpy(mask.astype(np.int64)).to(device),
            token_type_ids=rows([each.types for each in inputs], 0) if has_types else None,
            lengths=lengths,
        )

    def arguments(self) -> dict[str, Tensor]:
        """The arguments of a transformers module."""
        arguments = {"input_ids": self.input_ids, "attention_mask": self.attention_mask}
        return arguments if self.token_type_ids is None else arguments | {"token_type_ids": self.token_type_ids}
