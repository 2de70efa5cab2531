"""An encoder-decoder that torch computes as its layout says, on any device. It is the reference for the kernels."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from service.models.contracts.decoder_layout import LinearPart, Norm
from service.models.contracts.encoder_decoder_facts import EncoderDecoderFacts
from service.models.contracts.encoder_decoder_layout import CodecLayer, EncoderDecoderLayout
from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.slots import slots_of
from service.models.contracts.step_view import Ints, SourceView, StepView
from service.models.encoder_decoder.checkpoint import Checkpoint
from service.models.encoder_decoder.paged_rows import PagedRows
from service.models.encoder_decoder.source_rows import SourceRows
from service.models.encoder_decoder.tensors import StackTensors, Tensors

_ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
    "relu_squared": lambda x: F.relu(x).square(),
}


_LARGEST = torch.finfo(torch.float16).max - 1000  # as transformers has it


class TorchEncoderDecoder(EncoderDecoderFacts):
    """Implements ``contracts.language_model.EncoderDecoder``.

    float16 has no numbers above 65,504, and the hidden states of T5 grow beyond them. In float16 the sums of T5 are
    float32, and so is the last matrix of each MLP; all other sums are bounded. transformers does the same.
    """

    def __init__(
        self, layout: EncoderDecoderLayout, checkpoint: Checkpoint, *, architecture: str, device: torch.device
    ) -> None:
        """Load the weights. Raises UnsupportedModel if some are missing or have another shape."""
        self.layout = layout
        self.architecture = architecture
        self.dtype = checkpoint.dtype
        self.device = device
        grows = layout.encoder.norm is not None and not layout.encoder.norm.centered  # T5's norm only scales
        self._sums = torch.float32 if grows and self.dtype == torch.float16 else self.dtype
        self._tensors = Tensors(layout, checkpoint, device, self._sums)
        self._store: KeyValueStore | None = None

    @property
    def backend(self) -> Literal["torch"]:
        return "torch"

    @property
    def build(self) -> str:
        """Empty: torch computes."""
        return ""

    @property
    def build_reason(self) -> str:
        """Empty, as ``build``."""
        return ""

    @property
    def quantization(self) -> str:
        return "none"

    @property
    def weights_bytes(self) -> int:
        return self._tensors.num_bytes

    def attach_store(self, store: KeyValueStore) -> None:
        """As ``EncoderDecoder.attach_store``."""
        self._store = store

    def copy_blocks(self, copies: Ints) -> None:
        """As ``EncoderDecoder.copy_blocks``."""
        assert self._store is not None
        self._store.copy_blocks(copies)

    def encode(self, sources: SourceView) -> Tensor:
        """As ``EncoderDecoder.encode``."""
        lengths = np.diff(sources.offsets)
        positions = np.concatenate([np.arange(length) for length in lengths])
        x = self._read_features(sources) if sources.ids is None else self._embed(self._tensors.encoder, sources.ids)
        x = self._with_positions(self._tensors.encoder, self.layout.encoder.embedding_norm, x, positions)
        rows = SourceRows(sources.offsets, self._to_device, dtype=self.dtype)
        for layer in self.layout.encoder.layers:
            query, key, value = self._heads(layer.qkv, self._before(layer.attention_norm, x))
            found = rows.attend(query, key, value, self.layout.score_scale, self._tensors.encoder.bias(layer))
            x = self._after(layer.attention_norm, self._sum(x, self._linear(layer.o, found.flatten(1))))
            x = self._with_mlp(layer, x)
        x = self._normalized(self.layout.encoder.norm, x)
        slots = self._to_device(slots_of(lengths, sources.blocks, sources.block_size))
        for number, layer in enumerate(self.layout.decoder.layers):
            assert layer.cross is not None
            self._write(number, slots, *self._heads(layer.cross.kv, x))
        return x

    def hidden(self, step: StepView) -> Tensor:
        """As ``EncoderDecoder.hidden``."""
        assert self._store is not None
        assert step.source_lengths is not None
        assert step.source_blocks is not None
        own = PagedRows(
            step.offsets, step.contexts, step.blocks, step.block_size, self._to_device, dtype=self.dtype, causal=True
        )
        source = PagedRows(
            *(step.offsets, step.source_lengths, step.source_blocks, step.block_size, self._to_device),
            dtype=self.dtype,
            causal=False,
        )
        counts = np.diff(step.offsets)
        starts = step.contexts - counts
        positions = np.concatenate([np.arange(*each) for each in zip(starts, step.contexts, strict=True)])
        context_starts = np.repeat(step.contexts.cumsum() - step.contexts, counts)
        slots = self._to_device(slots_of(step.contexts, step.blocks, step.block_size)[context_starts + positions])
        x = self._embed(self._tensors.decoder, step.input_ids)
        x = self._with_positions(self._tensors.decoder, self.layout.decoder.embedding_norm, x, positions)
        scale = self.layout.score_scale
        for number, layer in enumerate(self.layout.decoder.layers):
            stored, cross = self._store.layers[number], layer.cross
            assert cross is not None
            query, key, value = self._heads(layer.qkv, self._before(layer.attention_norm, x))
            self._write(number, slots, key, value)
            found = own.attend(query, stored, scale, self._tensors.decoder.bias(layer))
            x = self._after(layer.attention_norm, self._sum(x, self._linear(layer.o, found.flatten(1))))
            (query,) = self._heads((cross.q,), self._before(cross.norm, x))
            found = source.attend(query, stored, scale)
            x = self._after(cross.norm, self._sum(x, self._linear(cross.o, found.flatten(1))))
            x = self._with_mlp(layer, x)
        return self._normalized(self.layout.decoder.norm, x)

    @property
    def find_likeliest(self) -> None:
        return None

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V] of ``hidden`` [R, hidden_size]."""
        logits = F.linear(hidden * self.layout.logit_scale, self._tensors.head)
        return logits if self._tensors.logit_bias is None else logits + self._tensors.logit_bias

    def all_finite(self, hidden: Tensor) -> bool:
        """As ``EncoderDecoder.all_finite``. The host waits for one number."""
        return bool(torch.isfinite(hidden).all().item())

    def _before(self, norm: Norm, x: Tensor) -> Tensor:
        """What a part of a layer reads."""
        return self._normalized(norm, x) if self.layout.normalized_first else x

    def _after(self, norm: Norm, x: Tensor) -> Tensor:
        """The hidden states behind a part of a layer. ``x`` has its result already."""
        return x if self.layout.normalized_first else self._normalized(norm, x)

    def _with_mlp(self, layer: CodecLayer, x: Tensor) -> Tensor:
        h = self._before(layer.mlp_norm, x)
        inner = _ACTIVATIONS[self.layout.activation](self._linear(layer.up[0], h))
        if self.layout.gated:
            inner = inner * self._linear(layer.up[1], h)
        return self._after(layer.mlp_norm, self._sum(x, self._linear(layer.down, inner.to(self._sums))))

    def _sum(self, x: Tensor, part: Tensor) -> Tensor:
        """The hidden states with the result of a part of a layer."""
        if self.dtype != torch.float16:
            return x + part
        if self._sums == torch.float16:
            return (x + part).clamp_(-_LARGEST, _LARGEST)
        return x + (part.clamp_(-_LARGEST, _LARGEST) if part.dtype == torch.float16 else part)

    def _linear(self, part: LinearPart, x: Tensor) -> Tensor:
        return F.linear(x, *self._tensors.of(part))

    def _heads(self, parts: tuple[LinearPart, ...], x: Tensor) -> list[Tensor]:
        """The results of ``parts``, [T, heads, head_dim] each."""
        return [self._linear(part, x).view(len(x), self.layout.heads, self.layout.head_dim) for part in parts]

    def _normalized(self, norm: Norm | None, x: Tensor) -> Tensor:
        if norm is None:
            return x
        weight, bias = self._tensors.of(norm)
        if norm.centered:
            return F.layer_norm(x, weight.shape, weight, bias, norm.eps)
        return F.rms_norm(x.float(), weight.shape, eps=norm.eps).to(self.dtype) * weight

    def _write(self, layer: int, slots: Tensor, key: Tensor, value: Tensor) -> None:
        """Write ``key`` and ``value`` [T, heads, head_dim] into ``slots`` [T] of the store."""
        assert self._store is not None
        stored = self._store.layers[layer]
        stored.key.flatten(0, 1).index_copy_(0, slots, key)
        stored.value.flatten(0, 1).index_copy_(0, slots, value)

    def _embed(self, stack: StackTensors, ids: Ints) -> Tensor:
        assert stack.embeddings is not None
        return F.embedding(self._to_device(ids), stack.embeddings) * self.layout.embedding_scale

    def _read_features(self, sources: SourceView) -> Tensor:
        """The encoder's inputs, [S, hidden_size], that two convolutions make of features."""
        reader, features = self.layout.features, sources.features
        assert reader is not None
        assert features is not None
        parts = []
        for begin, end in zip(2 * sources.offsets[:-1], 2 * sources.offsets[1:], strict=True):
            x = self._to_device(features[begin:end]).to(self.dtype).T[None]
            x = F.gelu(F.conv1d(x, *self._tensors.of(reader.first), padding=1))
            x = F.gelu(F.conv1d(x, *self._tensors.of(reader.second), padding=1, stride=2))
            parts.append(x[0].T)
        return torch.cat(parts)

    def _with_positions(self, stack: StackTensors, norm: Norm | None, x: Tensor, positions: Ints) -> Tensor:
        if stack.positions is not None:
            x = x + stack.positions[self._to_device(positions)]
        return self._normalized(norm, x).to(self._sums)

    def _to_device(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(values)).to(self.device)
