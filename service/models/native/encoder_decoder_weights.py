"""Packs a whole encoder-decoder as its layout says."""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from service.models.contracts.decoder_layout import LinearPart
from service.models.contracts.encoder_decoder_layout import CodecLayer, EncoderDecoderLayout, Stack
from service.models.native.matrices import KINDS, QUANTIZED_KINDS, AnyMatrix
from service.models.native.norms import pack_norm
from service.models.native.packer import QUANTIZATIONS, LoadTensor, Packer
from service.models.native.structures import (
    ACTIVATIONS,
    KernelCodecLayer,
    KernelEncoderDecoder,
    KernelLinear,
    KernelStack,
)

_LOG2_E = 1.4426950408889634  # scores are logarithms to the base of 2


@dataclass(slots=True, frozen=True)
class StackTables:
    """The positions and the biases of the encoder or the decoder, in float32."""

    positions: Tensor | None  # [positions, hidden_size]: added to the embeddings
    biases: Mapping[str, Tensor]
    """By the name of their table: [heads, 2 * reach + 1], the bias of a key by its distance from -reach to reach.

    All longer distances have the biases of these two.
    """


@dataclass(slots=True, frozen=True)
class PackedCodec:
    """A whole model for the kernels. The structures hold addresses of ``kept``."""

    model: KernelEncoderDecoder
    layers: "ctypes.Array[KernelCodecLayer]"  # of the decoder
    head: KernelLinear
    quantization: str  # how the weights of the linear layers are quantized: none, int8 or int4
    tensors: list[Tensor]
    kept: list[object]


def pack_codec(
    library: ctypes.CDLL,
    team: int,
    layout: EncoderDecoderLayout,
    load_tensor: LoadTensor,
    encoder_tables: StackTables,
    decoder_tables: StackTables,
    *,
    dtype: torch.dtype,
    quantization: str,
) -> PackedCodec:
    """Load and pack a model. ``load_tensor`` gives tensors of ``dtype``, one of ``KINDS``.

    The threads of ``team`` pack. ``quantization`` is that of ``ModelConfig``. Convolutions are never quantized.
    """
    convolutions = () if layout.features is None else (layout.features.first, layout.features.second)

    def load(name: str) -> AnyMatrix | None:
        tensor = load_tensor(name)
        if name.removesuffix(".weight") in convolutions and isinstance(tensor, Tensor):
            return tensor.transpose(1, 2).flatten(1)  # [outputs, frames, channels] as one matrix
        return tensor

    kind = QUANTIZATIONS.get(quantization, KINDS[dtype])
    packer = Packer(library, load, team=team, kind=kind, dtype=dtype, as_stored=quantization == "auto")
    codec = _CodecPacker(packer, layout, lanes=int(library.trivium_lanes()))
    bias = layout.logit_bias or f"{layout.head[0]}.bias"
    embeddings = [names for names in (layout.decoder.embeddings, layout.encoder.embeddings) if names]
    head, *packed = packer.pack_vocabularies(layout.head, *embeddings, bias=bias)
    decoder, layers = codec.pack_stack(layout.decoder, decoder_tables, packed[0], scale=layout.logit_scale)
    encoder, encoder_layers = codec.pack_stack(
        layout.encoder, encoder_tables, packed[1] if layout.encoder.embeddings else KernelLinear()
    )
    read = [packer.pack_linear(name, kind=KINDS[dtype], activation=ACTIVATIONS.index("gelu")) for name in convolutions]
    first, second = read or (KernelLinear(), KernelLinear())
    model = KernelEncoderDecoder(
        encoder=encoder,
        decoder=decoder,
        first_convolution=first,
        second_convolution=second,
        hidden=layout.hidden_size,
        heads=layout.heads,
        head_dim=layout.head_dim,
        inner=layers[0].down.k,
        embedding_scale=layout.embedding_scale,
        score_scale=layout.score_scale,
        normalized_first=layout.normalized_first,
        cache_kind=KINDS[dtype],
    )
    return PackedCodec(
        model=model,
        layers=layers,
        head=head,
        quantization=QUANTIZED_KINDS.get(layers[0].down.kind, "none"),
        tensors=packer.tensors,
        kept=[packer.parts, layers, encoder_layers],
    )


class _CodecPacker:
    def __init__(self, packer: Packer, layout: EncoderDecoderLayout, *, lanes: int) -> None:
        self._packer = packer
        self._layout = layout
        self._lanes = lanes

    def pack_stack(
        self, stack: Stack, tables: StackTables, embeddings: KernelLinear, *, scale: float = 1.0
    ) -> "tuple[KernelStack, ctypes.Array[KernelCodecLayer]]":
        """The stack, whose last hidden states are multiplied by ``scale``, and the memory that it points to."""
        assert scale == 1.0 or stack.norm is not None
        biases = {name: self._pack_bias(bias) for name, bias in tables.biases.items()}
        layers = (KernelCodecLayer * len(stack.layers))(*(self._pack_layer(layer, biases) for layer in stack.layers))
        positions = tables.positions
        packed = KernelStack(
            layers=layers,
            num_layers=len(stack.layers),
            embeddings=embeddings,
            positions=None if positions is None else self._packer.address_of(positions.float().contiguous()),
            embedding_norm=pack_norm(self._packer, stack.embedding_norm, self._layout.hidden_size),
            norm=pack_norm(self._packer, stack.norm, self._layout.hidden_size, scale=scale),
        )
        return packed, layers

    def _pack_layer(self, layer: CodecLayer, biases: Mapping[str, tuple[int, int]]) -> KernelCodecLayer:
        packer, layout, cross = self._packer, self._layout, layer.cross
        bias, reach = (None, 0) if layer.bias is None else biases[layer.bias.table]
        return KernelCodecLayer(
            qkv=self._pack_linear(*layer.qkv),
            o=self._pack_linear(layer.o),
            up=self._pack_linear(*layer.up, gated=layout.gated, activation=ACTIVATIONS.index(layout.activation)),
            down=self._pack_linear(layer.down),
            cross_q=KernelLinear() if cross is None else self._pack_linear(cross.q),
            cross_kv=KernelLinear() if cross is None else self._pack_linear(*cross.kv),
            cross_o=KernelLinear() if cross is None else self._pack_linear(cross.o),
            attention_norm=pack_norm(packer, layer.attention_norm, layout.hidden_size),
            cross_norm=pack_norm(packer, None if cross is None else cross.norm, layout.hidden_size),
            mlp_norm=pack_norm(packer, layer.mlp_norm, layout.hidden_size),
            bias=bias,
            reach=reach,
        )

    def _pack_linear(self, *parts: LinearPart, gated: bool = False, activation: int = 0) -> KernelLinear:
        return self._packer.pack_linear(*(part.key for part in parts), gated=gated, activation=activation)

    def _pack_bias(self, bias: Tensor) -> tuple[int, int]:
        """The address of the biases, as ``source/relative_bias.h`` reads them, and how far they reach."""
        heads, columns = bias.shape
        scaled = bias.float() * _LOG2_E
        first, last = (scaled[:, [column]].expand(heads, self._lanes) for column in (0, columns - 1))
        return self._packer.address_of(torch.cat((first, scaled, last), dim=1).contiguous()), columns // 2
