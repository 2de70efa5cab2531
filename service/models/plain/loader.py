"""The short way to a model: config.json, mapped weights, compiled kernels; no transformers."""

import logging
from pathlib import Path

import torch

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import KVCache
from service.engine.execution.step_limits import model_len
from service.engine.protocol.types import EngineConfig, Request, SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.errors import UnsupportedModel
from service.models.contracts.layer_spec import LayerSpec
from service.models.hardware import dtype_name, find_dtype, num_cores
from service.models.loaded_model import LoadedModel
from service.models.native import decoder as native_decoder
from service.models.native import packer
from service.models.native.decoder import NativeDecoder
from service.models.plain import config as plain_config
from service.models.plain import rotary as rotation
from service.models.plain.checkpoint import PlainCheckpoint
from service.models.plain.config import NotPlain, PlainConfig

logger = logging.getLogger(__name__)


def load(config: EngineConfig, device: torch.device) -> LoadedModel:
    """Read ``config.model_path``. Raises NotPlain, before much is done, when transformers has to.

    Raises UnsupportedModel and EngineError as transformers' way does.
    """
    directory = Path(config.model_path)
    plain = plain_config.read(directory / "config.json")
    if reason := native_decoder.refusal(config, device, plain.key_dim):
        raise NotPlain(reason)
    if config.dtype == "float16":
        raise NotPlain("the compiled kernels know no float16")
    longest = plain.max_position_embeddings
    max_model_len = model_len(config.max_model_len, longest, longest)
    kept = plain.dtype or plain.torch_dtype
    checkpoint = None if kept is None else getattr(torch, kept)
    dtype = find_dtype(config.dtype, checkpoint, device, computes_in_float32=True)
    weights = PlainCheckpoint(directory, plain, dtype)
    logger.info("loading %s in %s", plain.architecture, dtype_name(dtype))
    layers = [
        LayerSpec(
            heads=plain.num_attention_heads,
            kv_heads=plain.num_key_value_heads,
            key_dim=plain.key_dim,
            value_dim=plain.key_dim,
            scale=plain.key_dim**-0.5,
            window=window,
        )
        for window in plain.windows
    ]
    model = NativeDecoder(
        plain,
        layers,
        weights.take,
        rotation.tables(plain.rope, plain.key_dim, max_model_len),
        architecture=plain.architecture,
        dtype=dtype,
        quantization=config.quantization,
        threads=config.threads or num_cores(),
    )
    _check_numbers(model, plain, layers, max_model_len)
    return LoadedModel(model=model, layers=layers, max_model_len=max_model_len, block_size=packer.block_size())


def _check_numbers(model: NativeDecoder, config: PlainConfig, layers: list[LayerSpec], max_model_len: int) -> None:
    """A few tokens, as ``guard.probe`` has them computed. Raises UnsupportedModel if they give no finite number."""
    cache = KVCache(layers, num_blocks=1, block_size=packer.block_size(), dtype=model.dtype, device=torch.device("cpu"))
    model.bind(cache)
    count = min(4, config.vocab_size, max_model_len)
    request = Request(id="probe", prompt=tuple(range(count)), params=SamplingParams(max_tokens=0))
    step = Step([Chunk(Sequence(request, block_table=[0]), 0, count)])
    logits = model.logits(model.hidden(Batch.build(step, cache, torch.device("cpu"))))
    if not logits.isfinite().any():
        raise UnsupportedModel(f"{model.architecture} computes no finite number: are its weights whole?")
