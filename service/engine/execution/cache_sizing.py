"""The size of the KV cache: the block size, and as many blocks as memory allows and the limits can use."""

import logging
import math
from collections.abc import Sequence

import numpy as np
import torch

from service.engine.attention import flash
from service.engine.attention.kv_cache import KVCache, bytes_per_block
from service.engine.attention.source_batch import SourceBatch
from service.engine.execution.step_limits import StepLimits
from service.engine.protocol.config import EngineConfig
from service.engine.scheduling.block_pool import num_blocks_for
from service.errors import EngineError
from service.models.contracts.language_model import EncoderDecoder
from service.models.hardware import available_memory
from service.models.hf.layer_recorder import LayerRecorder
from service.models.loaded_model import LoadedModel

logger = logging.getLogger(__name__)

_BLOCK_SIZE = 16  # tokens, if neither the kernels nor FlashAttention need another size
MAX_CPU_BYTES = 2 << 30
_CPU_SHARE = 0.25  # of the available memory, at most ``MAX_CPU_BYTES``
_MIB = 1 << 20


def make_caches(
    models: Sequence[LoadedModel], config: EngineConfig, limits: StepLimits, device: torch.device
) -> tuple[list[KVCache], int]:
    """A KV cache for each of ``models``, and the context length of sequences in them.

    The first model is the one that is served. A block of a sequence has the same number in all caches, so they have
    blocks of the same size, and share the memory. If ``config`` sets the context length, it must fit. The model's own
    context length shrinks to what the caches hold. Raises EngineError if there is too little memory.
    """
    loaded = models[0]
    size = config.block_size or math.lcm(*(_block_size(each, device) for each in models))
    dtypes = [cache_dtype(each, config) for each in models]
    block_bytes = sum(bytes_per_block(each.layers, size, dtype) for each, dtype in zip(models, dtypes, strict=True))
    num_blocks = config.num_blocks
    if not num_blocks:
        useful = limits.max_num_seqs * sum(
            num_blocks_for(n, size) for n in (loaded.max_model_len, loaded.max_source_len)
        )
        num_blocks = min(useful, _cache_bytes(loaded, config, limits, device) // block_bytes)
    source_blocks = num_blocks_for(_least_source(loaded), size)
    longest = (num_blocks - source_blocks) * size
    if longest < max(1, config.max_model_len):
        needed = (num_blocks_for(max(1, config.max_model_len), size) + source_blocks) * block_bytes
        source = " with its source" if source_blocks else ""
        raise EngineError(
            f"the KV cache has room for {num_blocks * size} tokens, but one sequence of {max(1, config.max_model_len)} "
            f"tokens{source} needs {-(-needed // _MIB)} MiB: give it more memory, or a smaller max_model_len"
        )
    max_model_len = min(loaded.max_model_len, longest)
    caches = [
        KVCache(
            each.layers,
            num_blocks=num_blocks,
            block_size=size,
            dtype=dtype,
            device=device,
            uses_flash=uses_flash(each, size, device),
        )
        for each, dtype in zip(models, dtypes, strict=True)
    ]
    logger.info(
        "KV cache: %d blocks of %d tokens, %d MiB; room for %.1f sequences of %d tokens at once",
        *(num_blocks, size, sum(cache.num_bytes for cache in caches) // _MIB, longest / max_model_len, max_model_len),
    )
    return caches, max_model_len


def _least_source(loaded: LoadedModel) -> int:
    """The positions of the shortest source. Features have one length: that of the encoder."""
    if not loaded.model.has_encoder:
        return 0
    return loaded.max_source_len if loaded.model.feature_channels else 1


def cache_dtype(loaded: LoadedModel, config: EngineConfig) -> torch.dtype:
    """The number type of the model's keys and values.

    A draft model that torch computes keeps its own; the loader has refused a served one.
    """
    return torch.int8 if config.kv_cache_dtype == "int8" and loaded.model.backend == "native" else loaded.model.dtype


def _block_size(loaded: LoadedModel, device: torch.device) -> int:
    """The tokens of a block that suits the model."""
    all_use_flash = all(uses_flash(loaded, flash.BLOCK_MULTIPLE, device))
    return loaded.block_size or (flash.BLOCK_MULTIPLE if all_use_flash else _BLOCK_SIZE)


def uses_flash(loaded: LoadedModel, block_size: int, device: torch.device) -> list[bool]:
    """For each layer, whether FlashAttention computes it in blocks of this size."""
    dtype = loaded.model.dtype
    return [
        not flash.unsupported_reason(spec, block_size=block_size, dtype=dtype, device=device) for spec in loaded.layers
    ]


def _cache_bytes(loaded: LoadedModel, config: EngineConfig, limits: StepLimits, device: torch.device) -> int:
    """Bytes for the KV cache: what ``config`` says, or a share of the device's memory."""
    if config.kv_cache_memory:
        return config.kv_cache_memory
    if device.type == "cuda":
        return _cuda_cache_bytes(loaded, config.gpu_memory_fraction, limits, device)
    return min(MAX_CPU_BYTES, int(available_memory() * _CPU_SHARE))


@torch.inference_mode()
def _cuda_cache_bytes(loaded: LoadedModel, fraction: float, limits: StepLimits, device: torch.device) -> int:
    """Bytes that the largest step leaves of ``fraction`` of the device. Memory of other processes is subtracted."""
    model = loaded.model
    assert model.backend == "torch"
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    if model.has_encoder:
        hidden = _encode_longest(loaded, model, limits, device)
    else:
        ids = torch.zeros(limits.max_batch_tokens, dtype=torch.int64, device=device)
        positions = torch.arange(limits.max_batch_tokens, device=device) % loaded.max_model_len
        hidden = model.hidden(ids, positions, LayerRecorder(model.architecture))
    logits = model.logits(hidden[: limits.max_num_seqs]).float()
    torch.softmax(logits, dim=-1)
    peak = torch.cuda.max_memory_allocated(device)
    del hidden, logits
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info(device)
    others = total - free - torch.cuda.memory_reserved(device)
    return max(0, int(total * fraction) - others - peak)


def _encode_longest(
    loaded: LoadedModel, model: EncoderDecoder, limits: StepLimits, device: torch.device
) -> torch.Tensor:
    """The encoder's last hidden states [S, hidden_size] of as many positions as a step may encode."""
    length = loaded.max_source_len
    count = max(1, limits.max_batch_tokens // length)
    size = num_blocks_for(length, _BLOCK_SIZE)
    cache = KVCache(loaded.layers, num_blocks=count * size, block_size=_BLOCK_SIZE, dtype=model.dtype, device=device)
    channels = model.feature_channels
    sources = SourceBatch(
        ids=None if channels else np.zeros(count * length, dtype=np.int64),
        features=np.zeros((2 * count * length, channels), dtype=np.float32) if channels else None,
        offsets=np.arange(count + 1) * length,
        blocks=np.arange(count * size),
        block_size=_BLOCK_SIZE,
    )
    model.attach_store(cache)
    return model.encode(sources)
