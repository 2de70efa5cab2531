"""A transformers model with a question-answering head. A model that cannot be served exactly is refused."""

import inspect
import logging
import os
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForQuestionAnswering

from service.encoder.messages import EncoderConfig, EncoderInfo, EncoderInput, Head
from service.errors import UnsupportedModel
from service.models.hardware import dtype_name, find_device, find_dtype, num_cores
from service.models.hf.checkpoint import read_config, read_weights

logger = logging.getLogger(__name__)

_CPU_BATCH_TOKENS = 4096  # with padding
_CUDA_BATCH_TOKENS = 32_768


class EncoderModel:
    """Scores inputs. ``__init__`` has checked that the padding of a batch does not change the scores."""

    def __init__(self, config: EncoderConfig) -> None:
        """Load the model from ``config.model_path``, never from the network.

        Raises UnsupportedModel, or ProcessError if the device or the dtype is unknown.
        """
        if config.head is not Head.SPAN:
            raise UnsupportedModel(f"the head {config.head} is not served yet")
        begin = time.monotonic()
        self._device = find_device(config.device)
        if self._device.type == "cpu" and (config.threads or "OMP_NUM_THREADS" not in os.environ):
            torch.set_num_threads(config.threads or num_cores())
        module = _load(config, self._device)
        self._module = module.to(self._device).eval().requires_grad_(False)
        self._pad = module.config.pad_token_id or 0
        parameters = inspect.signature(module.forward).parameters
        self._has_token_types = "token_type_ids" in parameters and getattr(module.config, "type_vocab_size", 0) > 1
        vocab_size: int = module.get_input_embeddings().num_embeddings
        context_length = _context_length(module)
        self._check_padding(min(context_length, 16), vocab_size)
        dtype = next(module.parameters()).dtype
        self.info = EncoderInfo(
            head=config.head,
            architecture=type(module).__name__,
            device=str(self._device),
            dtype=dtype_name(dtype),
            vocab_size=vocab_size,
            max_tokens=context_length,
            max_batch_tokens=_CUDA_BATCH_TOKENS if self._device.type == "cuda" else _CPU_BATCH_TOKENS,
            weights_bytes=sum(parameter.nbytes for parameter in module.parameters()),
            startup_seconds={"load": time.monotonic() - begin},
        )

    def encode(self, inputs: Sequence[EncoderInput]) -> list[bytes]:
        """For each input the logits of a span's first and last token, as bytes of float32 [2, tokens]."""
        starts, ends = (logits.float().cpu().numpy() for logits in self._compute(inputs))
        lengths = [len(input.tokens) for input in inputs]
        return [starts[i, :n].tobytes() + ends[i, :n].tobytes() for i, n in enumerate(lengths)]

    @torch.inference_mode()
    def _compute(self, inputs: Sequence[EncoderInput]) -> tuple[Tensor, Tensor]:
        """The logits of first and last tokens, each [inputs, tokens of the longest input]."""
        arguments = {
            "input_ids": self._pad_rows([input.tokens for input in inputs], self._pad),
            "attention_mask": self._pad_rows([(1,) * len(input.tokens) for input in inputs], 0),
        }
        if self._has_token_types:
            arguments["token_type_ids"] = self._pad_rows([input.types for input in inputs], 0)
        output = self._module(**arguments)
        return output.start_logits, output.end_logits

    def _pad_rows(self, rows: Sequence[Sequence[int]], fill: int) -> Tensor:
        """An int64 tensor [rows, longest row]."""
        longest = max(map(len, rows))
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], device=self._device)

    def _check_padding(self, length: int, vocab_size: int) -> None:
        """Raises UnsupportedModel unless an input has the same scores alone and with a longer one (``length``)."""
        name = type(self._module).__name__
        ids = [id for id in range(vocab_size) if id != self._pad][:length]
        long = EncoderInput(tuple(ids), (0,) * len(ids))
        short = EncoderInput(long.tokens[: len(ids) // 2], long.types[: len(ids) // 2])
        try:
            alone = torch.stack(self._compute([short])).float()
            together = torch.stack(self._compute([long, short])).float()[:, 1:, : len(short.tokens)]
        except Exception as error:
            raise UnsupportedModel(f"{name} does not score spans as it should: {error}") from error
        if not alone.isfinite().all():
            raise UnsupportedModel(f"{name} computes scores that are not finite: its weights may be damaged")
        exact = next(self._module.parameters()).dtype == torch.float32
        tolerance = (1e-3 if exact else 0.1) * max(float(alone.abs().max()), 1e-3)
        if not torch.allclose(alone, together, rtol=0, atol=tolerance):
            raise UnsupportedModel(f"{name} gives an input other scores in a batch with a longer one")


def _load(config: EncoderConfig, device: torch.device) -> Any:
    """The transformers module with its weights, on the CPU. Raises UnsupportedModel."""
    path = config.model_path
    model_config = read_config(path)
    if model_config.is_encoder_decoder:
        raise UnsupportedModel(f"{model_config.model_type} is an encoder-decoder model; a reader is an encoder")
    if getattr(model_config, "quantization_config", None) is not None:
        raise UnsupportedModel(f"{model_config.model_type} is a quantized checkpoint; a reader is not quantized")
    dtype = find_dtype(config.dtype, getattr(model_config, "dtype", None) or torch.float32, device)
    module, missing = read_weights(AutoModelForQuestionAnswering, path, model_config, dtype)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UnsupportedModel(f"{path} holds no {type(module).__name__}: it lacks {missing[0]}{more}")
    logger.info("reading with %s in %s", type(module).__name__, dtype_name(dtype))
    return module


def _context_length(module: Any) -> int:
    """The number of tokens that have a position. RoBERTa's positions begin behind the padding's index."""
    for name, part in module.named_modules():
        if name.endswith("position_embeddings") and isinstance(part, nn.Embedding):
            return part.num_embeddings - (0 if part.padding_idx is None else part.padding_idx + 1)
    return int(module.config.max_position_embeddings)
