"""Packs a whole decoder as its layout says."""

import ctypes
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from service.models.contracts.decoder_layout import DecoderLayout, LayerLayout, LinearPart, Norm, Rotation
from service.models.contracts.layer_spec import LayerSpec
from service.models.native.arranged_tensors import ArrangedTensors
from service.models.native.matrices import KINDS, QUANTIZED_KINDS, parts_of
from service.models.native.norms import pack_norm
from service.models.native.packer import QUANTIZATIONS, LoadTensor, Packer
from service.models.native.structures import (
    ACTIVATIONS,
    KernelDecoder,
    KernelExperts,
    KernelLayer,
    KernelLinear,
    KernelNorm,
    KernelRotation,
)

Tables = Mapping[str, tuple[Tensor, Tensor]]  # name -> cosines and sines, [max_model_len, pairs] each


@dataclass(slots=True, frozen=True)
class PackedWeights:
    """A whole model for the kernels. The structures hold addresses of ``tensors``."""

    decoder: KernelDecoder
    layers: "ctypes.Array[KernelLayer]"  # the memory that ``decoder.layers`` points to
    head: KernelLinear
    tensors: list[Tensor]
    parts: list[KernelLinear]  # the further matrices of linear layers
    experts: list[object]  # structures that the layers point to

    @property
    def quantization(self) -> str:
        """How most weights of the linear layers are quantized: none, int8, int4, or a block format such as q4_k."""
        counts: Counter[int] = Counter()
        for layer in self.layers:
            linears = [layer.qkv, layer.o, layer.up, layer.down]
            if layer.experts:
                experts = layer.experts.contents
                linears += [*experts.up[: experts.count], *experts.down[: experts.count]]
            for linear in linears:
                for part in parts_of(linear):
                    counts[part.kind] += part.n * part.k
        return QUANTIZED_KINDS.get(max(counts, key=lambda kind: counts[kind]), "none")


def pack_weights(
    library: ctypes.CDLL,
    team: int,
    layout: DecoderLayout,
    specs: Sequence[LayerSpec],
    load_tensor: LoadTensor,
    tables: Tables,
    *,
    dtype: torch.dtype,
    quantization: str,
) -> PackedWeights:
    """Load and pack a model. ``load_tensor`` gives tensors of ``dtype``, one of ``KINDS``.

    ``tables`` are those that the layout's ``Rotation.table`` name. The threads of ``team`` pack.
    ``quantization`` is that of ``ModelConfig``.
    """
    arranged = ArrangedTensors(load_tensor, layout.matrices, dtype)
    kind = QUANTIZATIONS.get(quantization, KINDS[dtype])
    packer = Packer(library, arranged.load_tensor, team=team, kind=kind, dtype=dtype, as_stored=quantization == "auto")
    return _DecoderPacker(packer, layout, tables, KINDS[dtype]).pack(specs)


class _DecoderPacker:
    def __init__(self, packer: Packer, layout: DecoderLayout, tables: Tables, kind: int) -> None:
        self._packer = packer
        self._kind = kind  # of numbers that are never quantized
        self._layout = layout
        self._experts: list[object] = []
        self._rotations = {
            name: (packer.address_of(cosines.contiguous()), packer.address_of(sines.contiguous()), cosines.shape[1])
            for name, (cosines, sines) in tables.items()
        }

    def pack(self, specs: Sequence[LayerSpec]) -> PackedWeights:
        packer, layout, kind = self._packer, self._layout, self._kind
        head, embeddings = packer.pack_head_and_embeddings(layout.head, layout.embeddings)
        pairs = zip(layout.layers, specs, strict=True)
        layers = (KernelLayer * len(specs))(*(self._pack_layer(layer, spec) for layer, spec in pairs))
        positions = None
        if layout.learned_positions is not None:
            positions = packer.copy_vector(f"{layout.learned_positions}.weight")
            assert positions is not None, f"the model has no tensor {layout.learned_positions}"
            positions += layout.first_position * layout.hidden_size * torch.float32.itemsize
        decoder = KernelDecoder(
            layers=layers,
            num_layers=len(specs),
            hidden=layout.hidden_size,
            heads=layout.heads,
            kv_heads=layout.kv_heads,
            head_dim=layout.head_dim,
            inner=max(layer.down.k for layer in layers),
            embeddings=embeddings,
            learned_positions=positions,
            norm=self._pack_norm(layout.norm, layout.hidden_size, scale=layout.logit_scale),
            embedding_scale=layout.embedding_scale,
            residual_scale=layout.residual_scale,
            clip=layout.clip,
            cache_kind=kind,
        )
        return PackedWeights(
            decoder=decoder,
            layers=layers,
            head=head,
            tensors=packer.tensors,
            parts=packer.parts,
            experts=self._experts,
        )

    def _pack_layer(self, layer: LayerLayout, spec: LayerSpec) -> KernelLayer:
        layout = self._layout
        hidden, queries, keys = layout.hidden_size, layout.heads * layout.head_dim, layout.kv_heads * layout.head_dim
        activation = ACTIVATIONS.index(layer.activation)
        return KernelLayer(
            qkv=self._pack_linear(layer.qkv),
            o=self._pack_linear((layer.o,)),
            up=self._pack_linear(layer.up, gated=layer.gated, activation=activation),
            down=self._pack_linear(() if layer.down is None else (layer.down,)),
            attention_in=self._pack_norm(layer.attention_in, hidden),
            attention_out=self._pack_norm(layer.attention_out, hidden),
            mlp_in=self._pack_norm(layer.mlp_in, hidden),
            mlp_out=self._pack_norm(layer.mlp_out, hidden),
            q_norm=self._pack_norm(layer.q_norm, queries),
            k_norm=self._pack_norm(layer.k_norm, keys),
            rotation=self._rotation(layer.rotation),
            experts=self._pack_experts(layer),
            scale=spec.scale * layer.query_scale,
            soft_cap=spec.softcap or 0,
            window=spec.window or 0,
            parallel=layer.parallel,
            late_norm=layer.late_norm,
        )

    def _pack_linear(
        self, matrices: tuple[LinearPart, ...], *, gated: bool = False, activation: int = 0
    ) -> KernelLinear:
        if not matrices:
            return KernelLinear()
        return self._packer.pack_linear(*(matrix.key for matrix in matrices), gated=gated, activation=activation)

    def _pack_experts(self, layer: LayerLayout) -> "ctypes._Pointer[KernelExperts] | None":
        """The router and the gate keep the model's own type even under quantization."""
        experts = layer.experts
        if experts is None:
            return None
        activation = ACTIVATIONS.index(layer.activation)
        array = KernelLinear * len(experts.down)
        up = array(*(self._pack_linear(each, gated=layer.gated, activation=activation) for each in experts.up))
        down = array(*(self._pack_linear((each,)) for each in experts.down))
        packed = KernelExperts(
            router=self._packer.pack_linear(experts.router, kind=self._kind),
            gate=KernelLinear() if experts.gate is None else self._packer.pack_linear(experts.gate, kind=self._kind),
            up=up,
            down=down,
            count=len(experts.down),
            chosen=experts.chosen,
            normalized=experts.normalized,
        )
        self._experts += [up, down, packed]
        return ctypes.pointer(packed)

    def _pack_norm(self, norm: Norm | None, width: int, *, scale: float = 1.0) -> KernelNorm:
        """A normalization of rows of ``width`` numbers. The result is multiplied by ``scale``."""
        group = self._layout.head_dim if norm is not None and norm.by_head else 0
        return pack_norm(self._packer, norm, width, group=group, scale=scale)

    def _rotation(self, rotation: Rotation | None) -> KernelRotation:
        if rotation is None:
            return KernelRotation()
        cosines, sines, pairs = self._rotations[rotation.table]
        return KernelRotation(cosines=cosines, sines=sines, pairs=pairs, interleaved=rotation.interleaved)
