"""A head for embeddings: pooled hidden states, and the layers that a checkpoint of sentence-transformers adds."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModel

from service.encoder.models.embedding_layers import load_layer
from service.encoder.models.head import bytes_of
from service.encoder.models.loading import load_module
from service.encoder.models.padded_batch import PaddedBatch
from service.encoder.models.pooling import pool
from service.encoder.models.sentence_transformers_files import SentenceTransformersFiles
from service.errors import UnsupportedModel


class EmbeddingHead:
    """Computes what ``SentenceTransformer.encode`` returns. All that follows the encoder is computed in float32."""

    labels: tuple[str, ...] = ()

    def __init__(self, path: str, dtype: str, device: torch.device) -> None:
        """Load the model. Raises UnsupportedModel."""
        files = SentenceTransformersFiles.from_directory(Path(path))
        self.module: Any = load_module(AutoModel, str(files.transformer), dtype, device, unused=("pooler.",))
        if getattr(self.module, "pooler", None) is not None:
            self.module.pooler = None  # nothing reads its output
        self.max_tokens = files.max_tokens
        self._modes = files.pooling_modes
        self._truncate_dim = files.truncate_dim
        hidden = self.module.config.hidden_size
        if files.pooling_dimension not in (None, hidden):
            raise UnsupportedModel(f"the pooling is for {files.pooling_dimension} numbers, the encoder has {hidden}")
        size = hidden * len(self._modes)
        self._layers = [load_layer(layer, device) for layer in files.layers]
        self.weights_bytes = bytes_of(self.module) + sum(map(bytes_of, self._layers))
        vector = torch.zeros(1, size, device=device)
        try:
            with torch.inference_mode():
                self.dimensions = self._finish(vector).shape[1]
        except RuntimeError as error:
            raise UnsupportedModel(f"the Dense layers do not fit {size} numbers: {error}") from error

    def compute(self, batch: PaddedBatch) -> list[Tensor]:
        """For each row its embedding, [dimensions]."""
        hidden = self.module(**batch.arguments()).last_hidden_state.float()
        return list(self._finish(torch.cat([pool(mode, hidden, batch.attention_mask) for mode in self._modes], dim=1)))

    def _finish(self, vectors: Tensor) -> Tensor:
        for layer in self._layers:
            vectors = layer(vectors)
        return vectors[:, : self._truncate_dim]
