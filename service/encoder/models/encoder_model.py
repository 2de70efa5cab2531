"""A transformers model and its head, ready to encode. A model that cannot be served exactly is refused."""

import logging
import os
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from service.encoder.messages import Backend, EncoderConfig, EncoderInfo, EncoderInput, Head
from service.encoder.models.classification_head import ClassificationHead
from service.encoder.models.embedding_head import EmbeddingHead
from service.encoder.models.head import EncoderHead
from service.encoder.models.one_row import OneRow
from service.encoder.models.packed_encoder import HiddenStates, PackedEncoder, first_position, position_embedding
from service.encoder.models.padded_batch import PaddedBatch
from service.encoder.models.span_head import SpanHead
from service.errors import UnsupportedModel
from service.models.hardware import dtype_name, find_device, num_cores
from service.models.native.encoder import NativeEncoder, unsupported_reason

logger = logging.getLogger(__name__)

_HEADS: dict[Head, Callable[[str, str, torch.device], EncoderHead]] = {
    Head.SPAN: SpanHead,
    Head.EMBEDDING: EmbeddingHead,
    Head.CLASSIFICATION: ClassificationHead,
}
_CPU_BATCH_TOKENS = 2048  # with padding; the activations of more tokens leave the caches
_CUDA_BATCH_TOKENS = 32_768
_CHECKED_TOKENS = 16
_MOST_CHECKED_TOKENS = 512
_NO_TOKEN = -1  # stands for padding where a model has no token for it


class EncoderModel:
    """Encodes inputs. ``__init__`` has checked that other inputs in a batch do not change the numbers of an input."""

    def __init__(self, config: EncoderConfig) -> None:
        """Load the model from ``config.model_path``, never from the network.

        Raises UnsupportedModel, or ProcessError if the device or the dtype is unknown.
        """
        begin = time.monotonic()
        self._device = find_device(config.device)
        if self._device.type == "cpu" and (config.threads or "OMP_NUM_THREADS" not in os.environ):
            torch.set_num_threads(config.threads or num_cores())
        self._head = _HEADS[config.head](config.model_path, config.dtype, self._device)
        module = self._head.module
        self._name = type(module).__name__
        encoder = module.base_model
        self._pad: int = 0 if module.config.pad_token_id is None else module.config.pad_token_id
        self._has_token_types = getattr(module.config, "type_vocab_size", 0) > 1
        vocab_size: int = module.get_input_embeddings().num_embeddings
        context_length = _context_length(encoder)
        max_tokens = min(context_length, self._head.max_tokens or context_length)
        dtype = next(module.parameters()).dtype
        self._backend: Backend = "torch"
        self._kernels = ""
        self._native_kernels = config.native_kernels
        self._prepare(max_tokens, vocab_size, exact=dtype == torch.float32)
        logger.info("encoding with %s in %s", self._name, dtype_name(dtype))
        self.info = EncoderInfo(
            head=config.head,
            architecture=self._name,
            backend=self._backend,
            kernels=self._kernels,
            device=str(self._device),
            dtype=dtype_name(dtype),
            vocab_size=vocab_size,
            max_tokens=max_tokens,
            max_batch_tokens=_CUDA_BATCH_TOKENS if self._device.type == "cuda" else _CPU_BATCH_TOKENS,
            weights_bytes=self._head.weights_bytes,
            dimensions=self._head.dimensions,
            labels=self._head.labels,
            startup_seconds={"load": time.monotonic() - begin},
        )

    def encode(self, inputs: Sequence[EncoderInput]) -> list[bytes]:
        """The numbers of the head for each input, as bytes of float32."""
        order = sorted(range(len(inputs)), key=lambda index: len(inputs[index].tokens))
        values = [b""] * len(inputs)
        for index, row in zip(order, self._compute([inputs[index] for index in order]), strict=True):
            values[index] = row.float().cpu().numpy().tobytes()
        return values

    @torch.inference_mode()
    def _compute(self, inputs: Sequence[EncoderInput]) -> list[Tensor]:
        batch = PaddedBatch.from_inputs(inputs, pad=self._pad, has_types=self._has_token_types, device=self._device)
        return self._head.compute(batch)

    def _prepare(self, max_tokens: int, vocab_size: int, *, exact: bool) -> None:
        """Compute without padding if the model allows it. Raises UnsupportedModel if batches change the numbers."""
        inputs = self._check_inputs(max_tokens, vocab_size)
        try:
            alone = [self._compute([each])[0].float() for each in inputs]
        except Exception as error:
            raise UnsupportedModel(f"{self._name} does not compute what it should: {error}") from error
        if not all(row.isfinite().all() for row in alone):
            raise UnsupportedModel(f"{self._name} computes numbers that are not finite: its weights may be damaged")
        tolerance = (1e-3 if exact else 0.1) * max(1e-3, *(float(row.abs().max()) for row in alone))
        self._pack()
        try:
            together = self._compute(inputs)
        except Exception as error:
            raise UnsupportedModel(f"{self._name} cannot compute a batch: {error}") from error
        for row, other in zip(alone, together, strict=True):
            if not torch.allclose(row, other.float(), rtol=0, atol=tolerance):
                raise UnsupportedModel(f"{self._name} gives an input other numbers in a batch with a longer one")

    def _pack(self) -> None:
        """Replace the encoder by one that computes no padding, if there is one."""
        module = self._head.module
        hidden_states = self._find_backend(module.base_model)
        if hidden_states is None:
            return
        packed = PackedEncoder(module.base_model, hidden_states)
        if module.base_model is module:
            self._head.module = packed
        else:
            setattr(module, module.base_model_prefix, packed)
        if module.config.pad_token_id is None:  # decoders look for the padding, to find the last token before it
            module.config.pad_token_id = self._pad = _NO_TOKEN

    def _find_backend(self, encoder: torch.nn.Module) -> HiddenStates | None:
        reason = unsupported_reason(encoder) if self._native_kernels else "native_kernels is off"
        if not reason:
            native = NativeEncoder(encoder, threads=torch.get_num_threads())
            self._backend, self._kernels = "native", native.build
            return native
        logger.info("%s is not computed by the compiled kernels: %s", self._name, reason)
        return OneRow(encoder) if OneRow.can_compute(encoder) else None

    def _check_inputs(self, max_tokens: int, vocab_size: int) -> list[EncoderInput]:
        """Inputs of several lengths. The longest one is longer than the windows of the model's attention."""
        window = getattr(self._head.module.config, "sliding_window", None) or 0
        longest = min(max_tokens, _MOST_CHECKED_TOKENS, 2 * window + _CHECKED_TOKENS)
        ids = [id for id in range(vocab_size) if id != self._pad]
        rows = [tuple(ids[index % len(ids)] for index in range(length)) for length in (longest // 2, longest, longest)]
        return [EncoderInput(row, (0,) * len(row)) for row in rows]


def _context_length(encoder: torch.nn.Module) -> int:
    """The number of tokens that have a position."""
    embedding = position_embedding(encoder)
    if embedding is not None:
        return embedding.num_embeddings - first_position(encoder)
    return int(encoder.config.max_position_embeddings)  # type: ignore[union-attr,arg-type]
