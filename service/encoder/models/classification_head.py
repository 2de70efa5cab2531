"""A head for classes: one logit for each label. A re-ranker has one label."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification

from service.encoder.models.head import bytes_of
from service.encoder.models.loading import load_module
from service.encoder.models.padded_batch import PaddedBatch
from service.encoder.models.sentence_transformers_files import read_max_tokens


class ClassificationHead:
    """transformers' head for sequences. It knows how each family finds the state that stands for the whole input."""

    dimensions = 0

    def __init__(self, path: str, dtype: str, device: torch.device) -> None:
        """Load the model. Raises UnsupportedModel."""
        self.module: Any = load_module(AutoModelForSequenceClassification, path, dtype, device)
        self.weights_bytes = bytes_of(self.module)
        self.max_tokens = read_max_tokens(Path(path))
        names = self.module.config.id2label
        self.labels = tuple(str(names[index]) for index in range(self.module.config.num_labels))

    def compute(self, batch: PaddedBatch) -> list[Tensor]:
        """For each row its logits, [labels]."""
        return list(self.module(**batch.arguments()).logits)
