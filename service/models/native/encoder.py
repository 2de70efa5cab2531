"""An encoder as BERT's that the compiled kernels compute instead of transformers' modules.

On a processor with AMX the products are computed from numbers that are split into two of bfloat16 (``source/amx.h``):
their error is about 4e-6 of their size. Everything else is float32. A text's bits depend on nothing but the text.
"""

import weakref
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from service.models.native import kernels
from service.models.native.encoder_layout import LAYOUTS, EncoderLayout
from service.models.native.packer import Packer
from service.models.native.structures import F32, SPLIT, KernelEncoder, KernelEncoderLayer, KernelTexts

_STEP = 32  # sizes are multiples of the columns that the kernels compute together


def unsupported_reason(module: Any) -> str:
    """Why the compiled kernels cannot compute a transformers encoder; empty if they can."""
    config = module.config
    weights = next(module.parameters())
    layout = LAYOUTS.get(config.model_type)
    if weights.device.type != "cpu":
        return "they run on CPUs only"
    if weights.dtype != torch.float32:
        return "they compute encoders in float32 only"
    if layout is None or getattr(config, "is_decoder", False):
        return f"they do not know encoders of type {config.model_type}"
    activation = getattr(config, "hidden_act", None) or getattr(config, "activation", None)
    if activation != "gelu":
        return f"they do not know the activation {activation}"
    size, heads = config.hidden_size, config.num_attention_heads
    inner = module.get_submodule(layout.layer.format(0)).get_submodule(layout.up).out_features
    if module.get_submodule(layout.words).embedding_dim != size:
        return "its embeddings are not of the size of its hidden states"
    if size % _STEP or inner % _STEP:
        return f"it has {size} and {inner} numbers for each token, which are not multiples of {_STEP}"
    if kernels.load() is None:
        return "they could not be loaded"
    if kernels.load(size // heads) is None:
        return f"a head has {size // heads} dimensions, which is not a multiple of {kernels.smallest_block()}"
    return ""


class NativeEncoder:
    """Packed weights, and the call of the kernels."""

    def __init__(self, module: Any, *, threads: int, kind: int | None = None) -> None:
        """Pack the weights of a transformers encoder, whose ``unsupported_reason`` is empty.

        ``kind`` is the number type of the packed weights, F32 or SPLIT. None: SPLIT on a processor with AMX.
        """
        config, layout = module.config, LAYOUTS[module.config.model_type]
        head_dim = config.hidden_size // config.num_attention_heads
        library, build = kernels.load(head_dim), kernels.find_build(head_dim)
        assert library is not None
        assert build is not None
        self.build = build.name
        self._library = library
        self._team = library.trivium_create_team(threads)
        weakref.finalize(self, library.trivium_delete_team, self._team)
        if kind is None:
            kind = SPLIT if library.trivium_has_amx() else F32
        packer = Packer(library, module.state_dict().get, team=self._team, kind=kind)
        count = config.num_hidden_layers
        layers = (KernelEncoderLayer * count)(*(_pack_layer(packer, layout, number) for number in range(count)))
        self._encoder = KernelEncoder(
            layers=layers,
            num_layers=count,
            hidden=config.hidden_size,
            heads=config.num_attention_heads,
            inner=layers[0].up.n,
            words=packer.copy_vector(f"{layout.words}.weight"),
            positions=packer.copy_vector(f"{layout.positions}.weight"),
            types=packer.copy_vector(f"{layout.types}.weight"),
            norm_weight=packer.copy_vector(f"{layout.norm}.weight"),
            norm_bias=packer.copy_vector(f"{layout.norm}.bias"),
            eps=module.get_submodule(layout.norm).eps,
        )
        self._kept = layers, packer.tensors  # the structures hold their addresses
        self._hidden_size = config.hidden_size

    def __call__(self, ids: Tensor, positions: Tensor, types: Tensor | None, lengths: Sequence[int]) -> Tensor:
        """The last hidden states [T, hidden_size], float32, of texts that stand one behind another.

        ``ids``, ``positions`` and ``types`` are int64 [T]. ``lengths`` are the tokens of each text.
        """
        arrays = [ids.contiguous(), positions.contiguous(), None if types is None else types.contiguous()]
        offsets = torch.tensor([0, *lengths]).cumsum(0)
        texts = KernelTexts(
            **{
                name: None if array is None else array.data_ptr()
                for name, array in zip(("ids", "positions", "types"), arrays, strict=True)
            },
            offsets=offsets.data_ptr(),
            count=len(lengths),
        )
        out = torch.empty(len(ids), self._hidden_size)
        self._library.trivium_encode(self._team, self._encoder, texts, out.data_ptr())
        return out


def _pack_layer(packer: Packer, layout: EncoderLayout, number: int) -> KernelEncoderLayer:
    layer = layout.layer.format(number)
    return KernelEncoderLayer(
        qkv=packer.pack_linear(*(f"{layer}.{name}" for name in (layout.query, layout.key, layout.value))),
        o=packer.pack_linear(f"{layer}.{layout.attention_output}"),
        up=packer.pack_linear(f"{layer}.{layout.up}"),
        down=packer.pack_linear(f"{layer}.{layout.down}"),
        attention_weight=packer.copy_vector(f"{layer}.{layout.attention_norm}.weight"),
        attention_bias=packer.copy_vector(f"{layer}.{layout.attention_norm}.bias"),
        output_weight=packer.copy_vector(f"{layer}.{layout.output_norm}.weight"),
        output_bias=packer.copy_vector(f"{layer}.{layout.output_norm}.bias"),
    )
