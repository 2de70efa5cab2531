"""A head for spans: the start and the end of an answer."""

from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForQuestionAnswering

from service.encoder.models.head import bytes_of
from service.encoder.models.loading import load_module
from service.encoder.models.padded_batch import PaddedBatch
from service.errors import UnsupportedModel


class SpanHead:
    """transformers' head for question answering."""

    dimensions = 0
    labels: tuple[str, ...] = ()
    max_tokens = None

    def __init__(self, path: str, dtype: str, device: torch.device) -> None:
        """Load the model. Raises UnsupportedModel."""
        self.module: Any = load_module(AutoModelForQuestionAnswering, path, dtype, device)
        self.weights_bytes = bytes_of(self.module)
        count = self.module.config.num_labels
        if count != 2:
            raise UnsupportedModel(f"{path} does not score spans as it should: it has {count} numbers for each token")

    def compute(self, batch: PaddedBatch) -> list[Tensor]:
        """For each row the logits of a span's first and last token, [2, tokens]."""
        output = self.module(**batch.arguments())
        logits = torch.stack((output.start_logits, output.end_logits), dim=1)
        return [row[:, :length] for row, length in zip(logits, batch.lengths, strict=True)]
