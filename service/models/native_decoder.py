"""A decoder of the Llama family computed by the compiled kernels instead of transformers' modules.

It takes the weights out of the loaded modules, packs them, and frees them there. Numbers at rest are of the model's
type (or int8), arithmetic is float32, and a row's bits depend on nothing but the row.
"""

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from service.engine.attention.layer import LayerSpec
from service.engine.batch import Batch, Ints
from service.engine.kv_cache import KVCache
from service.engine.native import kernels
from service.engine.native.kernels import BF16, F32, INT8, Decoder, Layer, Linear, Step
from service.models.causal_lm import CausalLM

FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})
_KINDS = {torch.float32: F32, torch.bfloat16: BF16}


def refusal(config: Any) -> str:
    """Why a model of this configuration cannot be computed here; empty if it can."""
    if config.model_type not in FAMILIES:
        return f"{config.model_type} is not of the Llama family"
    if (compiled := kernels.load()) is None:
        return "the kernels are not there"
    if config.hidden_act != "silu":
        return f"the activation is {config.hidden_act}"
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if head_dim % (2 * compiled.trivium_lanes()):
        return f"heads have {head_dim} dimensions"
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("partial_rotary_factor", 1.0) != 1.0:
        return "positions turn a part of each head only"
    return ""


def block_size() -> int:
    """Tokens of a block as the kernels lay it out."""
    compiled = kernels.load()
    assert compiled is not None
    return 2 * int(compiled.trivium_lanes())


class NativeDecoder:
    """Packed weights, and the calls that use them. It replaces ``CausalLM`` in a runner."""

    def __init__(
        self, model: CausalLM, specs: Sequence[LayerSpec], *, quantization: str, threads: int, max_model_len: int
    ) -> None:
        """Takes ``model`` apart. ``refusal`` must be empty; its type is float32 or bfloat16."""
        compiled = kernels.load()
        assert compiled is not None
        self._kernels = compiled
        self._team = compiled.trivium_team(threads)
        weakref.finalize(self, compiled.trivium_disband, self._team)
        module: Any = model.module
        self.config = module.config
        self.architecture = model.architecture
        self.dtype = model.dtype
        self.quantization = quantization
        self._kind = INT8 if quantization == "int8" else _KINDS[self.dtype]
        self._kept: list[Tensor] = []
        decoder = module.model
        head_dim = specs[0].key_dim
        hidden, inner = self.config.hidden_size, self.config.intermediate_size
        cosines, sines = self._rotation(decoder.rotary_emb, max_model_len, head_dim)
        # The head decides between tokens that are close: it keeps the model's own type.
        self._head = self._pack([module.lm_head], kind=_KINDS[self.dtype], keeps=True)
        self._layers = (Layer * len(decoder.layers))(*map(self._layer, decoder.layers, specs))
        embeddings = self._keep(decoder.embed_tokens.weight.detach().contiguous())
        self._decoder = Decoder(
            layers=self._layers,
            num_layers=len(self._layers),
            hidden=hidden,
            heads=self.config.num_attention_heads,
            kv_heads=self.config.num_key_value_heads,
            head_dim=head_dim,
            inner=inner,
            embeddings=embeddings,
            norm=self._floats(decoder.norm.weight),
            cosines=cosines,
            sines=sines,
            eps=self.config.rms_norm_eps,
            embedding_kind=_KINDS[self.dtype],
            cache_kind=_KINDS[self.dtype],
        )
        self._hidden_size = hidden
        self._times: Ints | None = None

    @property
    def weights_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self._kept)

    def bind(self, cache: KVCache) -> None:
        """Read and write the keys and values of ``cache`` from now on. The layout within its blocks is the kernels'."""
        for layer, kept in zip(self._layers, cache.layers, strict=True):
            layer.keys, layer.values = kept.key.data_ptr(), kept.value.data_ptr()

    def watch(self) -> Ints:
        """The nanoseconds of each of ``kernels.PARTS``, which every step from now on adds to."""
        self._times = np.zeros(len(kernels.PARTS), dtype=np.int64)
        return self._times

    def hidden(self, batch: Batch) -> Tensor:
        """Last hidden states [T, hidden_size], float32."""
        tables = batch.table(0, len(batch.chunks), 0, int(batch.block_counts.max())).astype(np.int32)
        step = Step(
            ids=batch.input_ids.data_ptr(),
            positions=batch.positions.data_ptr(),
            slots=batch.slots.data_ptr(),
            offsets=batch.offsets.ctypes.data,
            contexts=batch.contexts.ctypes.data,
            tables=tables.ctypes.data,
            rows=batch.num_rows,
            chunks=len(batch.chunks),
            width=tables.shape[1],
            times=None if self._times is None else self._times.ctypes.data,
        )
        out = torch.empty(batch.num_rows, self._hidden_size)
        self._kernels.trivium_step(self._team, self._decoder, step, out.data_ptr())
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V], float32, of ``hidden`` [R, hidden_size]."""
        hidden = hidden.contiguous()
        out = torch.empty(hidden.shape[0], self._head.n)
        self._kernels.trivium_linear(self._team, self._head, hidden.data_ptr(), hidden.shape[0], out.data_ptr())
        return out

    def _layer(self, layer: Any, spec: LayerSpec) -> Layer:
        attention, mlp = layer.self_attn, layer.mlp
        norms = (getattr(attention, name, None) for name in ("q_norm", "k_norm"))
        q_norm, k_norm = (None if norm is None else self._floats(norm.weight) for norm in norms)
        return Layer(
            qkv=self._pack([attention.q_proj, attention.k_proj, attention.v_proj]),
            o=self._pack([attention.o_proj]),
            up=self._pack([mlp.gate_proj, mlp.up_proj], gated=True),
            down=self._pack([mlp.down_proj]),
            input_norm=self._floats(layer.input_layernorm.weight),
            post_norm=self._floats(layer.post_attention_layernorm.weight),
            q_norm=q_norm,
            k_norm=k_norm,
            scale=spec.scale,
            window=spec.window or 0,
        )

    def _pack(
        self, linears: list[nn.Linear], *, kind: int | None = None, gated: bool = False, keeps: bool = False
    ) -> Linear:
        """Several matrices of one input as one. Two that are ``gated`` alternate panel by panel."""
        kind = self._kind if kind is None else kind
        width = block_size()
        weight = torch.cat([linear.weight.detach() for linear in linears])
        biases = [
            torch.zeros(linear.out_features) if linear.bias is None else linear.bias.detach().float()
            for linear in linears
        ]
        bias = torch.cat(biases) if any(linear.bias is not None for linear in linears) else None
        if not keeps:
            for linear in linears:
                linear.weight = nn.Parameter(torch.empty(0), requires_grad=False)
        if gated:
            order = _alternating(weight.shape[0] // 2, width)
            weight = torch.cat((weight, weight.new_zeros(1, weight.shape[1])))[order]
            bias = None if bias is None else torch.cat((bias, bias.new_zeros(1)))[order]
        rows, k = weight.shape
        padded = -(-rows // (2 * width)) * 2 * width
        types = {F32: torch.float32, BF16: torch.bfloat16, INT8: torch.int8}
        panels = torch.zeros(padded * (-(-k // 2) * 2 if kind == INT8 else k), dtype=types[kind])
        scales = torch.zeros(padded) if kind == INT8 else None
        weight = weight.contiguous()
        self._kernels.trivium_pack(
            weight.data_ptr(),
            _KINDS[weight.dtype],
            panels.data_ptr(),
            kind,
            None if scales is None else scales.data_ptr(),
            rows,
            k,
        )
        if bias is not None:
            bias = torch.cat((bias, torch.zeros(padded - rows)))
        return Linear(
            panels=self._keep(panels),
            scales=None if scales is None else self._keep(scales),
            bias=None if bias is None else self._keep(bias),
            n=sum(linear.out_features for linear in linears),
            k=k,
            kind=kind,
            gated=gated,
        )

    def _rotation(self, rotary: nn.Module, length: int, head_dim: int) -> tuple[int, int]:
        """Addresses of the cosines and sines of every position, [length, head_dim / 2] each."""
        positions = torch.arange(length)[None]
        with torch.inference_mode():
            tables = rotary(torch.zeros(1, 1, 1), positions)
        half = head_dim // 2
        cosines, sines = (self._floats(table[0, :, :half]) for table in tables)
        return cosines, sines

    def _floats(self, tensor: Tensor) -> int:
        return self._keep(tensor.detach().float().contiguous())

    def _keep(self, tensor: Tensor) -> int:
        """Its address, good as long as this object lives."""
        self._kept.append(tensor)
        return tensor.data_ptr()


def _alternating(inner: int, width: int) -> Tensor:
    """The order of the rows of gate and up: ``width`` of one, ``width`` of the other. The last index is a zero row."""
    padded = -(-inner // width) * width
    gate = torch.arange(padded).view(-1, 1, width)
    gate = torch.where(gate < inner, gate, 2 * inner)
    up = torch.where(gate < inner, gate + inner, 2 * inner)
    return torch.cat((gate, up), dim=1).reshape(-1)
