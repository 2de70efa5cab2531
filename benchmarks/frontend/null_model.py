"""A null model: it computes nothing, takes a given time per step, and generates random tokens.

Everything around a model on the host is the real one; the batches are built by the code that builds them for a model.
"""

import json
import time
from pathlib import Path

import numpy as np
import tokenizers
import torch
from safetensors.numpy import save_file
from tokenizers import decoders, models, pre_tokenizers

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import KVCache
from service.engine.execution.step_limits import StepLimits
from service.engine.loaded_adapters import WithoutAdapters
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.scheduling.step import ChunkOutput, Step

VOCAB_SIZE = 32_000
_MAX_MODEL_LEN = 1 << 15
_BLOCK_SIZE = 16
_NUM_BLOCKS = 1 << 16


def save_model(directory: Path, step_seconds: float) -> None:
    """Write a model directory for ``NullRunner`` and the service. A step of the model takes ``step_seconds``."""
    (directory / "config.json").write_text(json.dumps({"model_type": "null", "step_seconds": step_seconds}))
    save_file({"nothing": np.zeros(1, dtype=np.float32)}, directory / "model.safetensors")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [f"Ġ{number:x}" for number in range(VOCAB_SIZE - len(alphabet))]  # a token is a space and a few letters
    library = tokenizers.Tokenizer(models.BPE({token: id for id, token in enumerate(alphabet + words)}, merges=[]))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    library.save(str(directory / "tokenizer.json"))


class NullRunner(WithoutAdapters):
    """A runner that builds the batch of each step, and then waits for ``step_seconds``."""

    def __init__(self, config: EngineConfig) -> None:
        self.step_seconds: float = json.loads((Path(config.model_path) / "config.json").read_text())["step_seconds"]
        self._device = torch.device("cpu")
        self._limits = StepLimits.from_config(config, cuda=True)
        self._cache = KVCache(
            [],
            num_blocks=config.num_blocks or _NUM_BLOCKS,
            block_size=config.block_size or _BLOCK_SIZE,
            dtype=torch.bfloat16,
            device=self._device,
        )
        self._generator = np.random.default_rng(0)

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            vocab_size=VOCAB_SIZE,
            max_model_len=_MAX_MODEL_LEN,
            max_num_seqs=self._limits.max_num_seqs,
            max_batch_tokens=self._limits.max_batch_tokens,
            prefill_chunk=self._limits.prefill_chunk,
            block_size=self._cache.block_size,
            num_blocks=self._cache.num_blocks,
            device=str(self._device),
            dtype="bfloat16",
            architecture="Null",
            backend="torch",
            quantization="none",
            kv_cache_dtype="bfloat16",
            prefix_caching=True,
            weights_bytes=0,
            kv_cache_bytes=0,
            startup_seconds={},
        )

    def run(self, step: Step) -> list[ChunkOutput]:
        """Build the batch, wait, and return random tokens."""
        self.build_batch(step)
        if self.step_seconds:
            time.sleep(self.step_seconds)
        return self.make_outputs(step)

    def build_batch(self, step: Step) -> Batch:
        """The step as tensors."""
        return Batch.from_step(step, self._cache, self._device)

    def make_outputs(self, step: Step) -> list[ChunkOutput]:
        """A random token for each chunk that samples."""
        tokens = self._generator.integers(VOCAB_SIZE, size=len(step.chunks)).tolist()
        return [
            ChunkOutput(token=token if chunk.samples else None)
            for chunk, token in zip(step.chunks, tokens, strict=True)
        ]
