"""The C interface of the kernels: structures, functions and numbers, as ``source/model.h`` declares them."""

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_float, c_int, c_int32, c_int64, c_void_p
from typing import ClassVar

# Kinds of numbers. TILED: bfloat16 in tiles of AMX. SPLIT: float32 as two bfloat16 numbers, in such tiles. INT8, INT4
# and the formats of ggml's blocks are quantized. STORED_INT8: INT8 with the codes of a checkpoint, which may be any.
F32, BF16, INT8, F16, SPLIT, INT4, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, TILED, STORED_INT8 = range(16)

# The functions between linear layers, in the order of ``Activation`` in ``source/activation.h``.
ACTIVATIONS = ("identity", "silu", "gelu", "gelu_tanh", "relu", "relu_squared")

# The parts of a step, in the order of ``KernelStep.times`` and of ``Part`` in ``source/part_timer.h``.
PARTS = ("embedding", "norms", "positions", "linears", "attention")


class KernelLinear(Structure):
    """A packed weight matrix. The tensors behind its addresses must be kept alive elsewhere."""

    _fields_: ClassVar = [
        ("panels", c_void_p),
        ("bias", c_void_p),
        ("next", c_void_p),  # a KernelLinear with the same input, whose outputs follow; or null
        ("n", c_int64),  # outputs
        ("k", c_int64),  # inputs
        ("stripe", c_int64),  # of quantized weights: inputs that are stored together
        ("kind", c_int32),
        ("gated", c_int32),
        ("activation", c_int32),  # a number of ACTIVATIONS
    ]


class KernelNorm(Structure):
    """A normalization. Without weights: there is none."""

    _fields_: ClassVar = [
        ("weight", c_void_p),
        ("bias", c_void_p),
        ("size", c_int64),  # numbers that are normalized together
        ("eps", c_float),
        ("centered", c_int32),
    ]


class KernelRotation(Structure):
    """Rotary positions: tables of the angles of ``pairs`` pairs of each head's dimensions."""

    _fields_: ClassVar = [("cosines", c_void_p), ("sines", c_void_p), ("pairs", c_int64), ("interleaved", c_int32)]


class KernelExperts(Structure):
    """A mixture of experts: a router, and two linear layers for each expert."""

    _fields_: ClassVar = [
        *((name, KernelLinear) for name in ("router", "gate")),
        *((name, POINTER(KernelLinear)) for name in ("up", "down")),
        *((name, c_int64) for name in ("count", "chosen")),
        ("normalized", c_int32),
    ]


class KernelLayer(Structure):
    """The weights of one layer, and its part of the KV cache."""

    _fields_: ClassVar = [
        *((name, KernelLinear) for name in ("qkv", "o", "up", "down")),
        *((name, KernelNorm) for name in ("attention_in", "attention_out", "mlp_in", "mlp_out", "q_norm", "k_norm")),
        ("rotation", KernelRotation),
        ("experts", POINTER(KernelExperts)),
        *((name, c_void_p) for name in ("keys", "values")),
        *((name, c_float) for name in ("scale", "soft_cap")),
        *((name, c_int32) for name in ("window", "parallel", "late_norm")),
    ]


class KernelDecoder(Structure):
    """A whole decoder without its head."""

    _fields_: ClassVar = [
        ("layers", POINTER(KernelLayer)),
        *((name, c_int64) for name in ("num_layers", "hidden", "heads", "kv_heads", "head_dim", "inner")),
        ("embeddings", KernelLinear),
        ("learned_positions", c_void_p),
        ("norm", KernelNorm),
        *((name, c_float) for name in ("embedding_scale", "residual_scale", "clip")),
        ("cache_kind", c_int32),
    ]


class KernelEncoderLayer(Structure):
    """The weights of one layer of an encoder."""

    _fields_: ClassVar = [
        *((name, KernelLinear) for name in ("qkv", "o", "up", "down")),
        *((name, c_void_p) for name in ("attention_weight", "attention_bias", "output_weight", "output_bias")),
    ]


class KernelEncoder(Structure):
    """A whole encoder without its head."""

    _fields_: ClassVar = [
        ("layers", POINTER(KernelEncoderLayer)),
        *((name, c_int64) for name in ("num_layers", "hidden", "heads", "inner")),
        *((name, c_void_p) for name in ("words", "positions", "types", "norm_weight", "norm_bias")),
        ("eps", c_float),
    ]


class KernelTexts(Structure):
    """Texts that are encoded together: addresses of their arrays, and their number."""

    _fields_: ClassVar = [
        *((name, c_void_p) for name in ("ids", "positions", "types", "offsets")),
        ("count", c_int64),
    ]


class KernelLoraPanel(Structure):
    """The columns of one panel of a linear layer, in an adapter."""

    _fields_: ClassVar = [(name, c_int64) for name in ("begin", "first", "rank")]


class KernelLora(Structure):
    """The part of an adapter that changes one linear layer. A rank of 0: it does not change the layer."""

    _fields_: ClassVar = [
        *((name, c_void_p) for name in ("a", "scales", "b")),
        ("panels", POINTER(KernelLoraPanel)),
        ("rank", c_int64),
    ]


class KernelAdapter(Structure):
    """An adapter: its linear layers, four for each layer of the model."""

    _fields_: ClassVar = [("linears", POINTER(KernelLora)), ("kind", c_int32)]


class KernelStep(Structure):
    """One step: addresses of its arrays, and their sizes."""

    _fields_: ClassVar = [
        *((name, c_void_p) for name in ("ids", "offsets", "contexts", "blocks")),
        *((name, c_int64) for name in ("rows", "chunks", "block_size")),
        *((name, c_void_p) for name in ("adapters", "adapted_rows", "places")),
        *((name, c_int64) for name in ("adapted", "largest_rank")),
        *((name, c_void_p) for name in ("source_lengths", "source_blocks")),  # of encoder-decoders
        ("times", c_void_p),
    ]


class KernelCodecLayer(Structure):
    """The weights of one layer of an encoder-decoder, and, of a decoder's layer, its part of the KV cache."""

    _fields_: ClassVar = [
        *((name, KernelLinear) for name in ("qkv", "o", "up", "down", "cross_q", "cross_kv", "cross_o")),
        *((name, KernelNorm) for name in ("attention_norm", "cross_norm", "mlp_norm")),
        ("bias", c_void_p),  # [heads][2 * (reach + lanes) + 1], or null: see ``source/relative_bias.h``
        ("reach", c_int64),
        *((name, c_void_p) for name in ("keys", "values")),
    ]


class KernelStack(Structure):
    """The encoder or the decoder."""

    _fields_: ClassVar = [
        ("layers", POINTER(KernelCodecLayer)),
        ("num_layers", c_int64),
        ("embeddings", KernelLinear),
        ("positions", c_void_p),
        *((name, KernelNorm) for name in ("embedding_norm", "norm")),
    ]


class KernelEncoderDecoder(Structure):
    """A whole encoder-decoder without its head."""

    _fields_: ClassVar = [
        *((name, KernelStack) for name in ("encoder", "decoder")),
        *((name, KernelLinear) for name in ("first_convolution", "second_convolution")),
        *((name, c_int64) for name in ("hidden", "heads", "head_dim", "inner")),
        *((name, c_float) for name in ("embedding_scale", "score_scale")),
        *((name, c_int32) for name in ("normalized_first", "cache_kind")),
    ]


class KernelSources(Structure):
    """Sources that are encoded together: addresses of their arrays, and their number."""

    _fields_: ClassVar = [
        *((name, c_void_p) for name in ("ids", "features", "offsets", "blocks")),
        *((name, c_int64) for name in ("count", "block_size")),
        ("times", c_void_p),
    ]


SIGNATURES = {
    "trivium_lanes": (c_int, []),
    "trivium_rounded_together": (c_int, [c_int32]),
    "trivium_int8_chunk": (c_int, []),
    "trivium_self_test": (c_char_p, []),
    "trivium_has_amx": (c_int, []),
    "trivium_create_team": (c_void_p, [c_int]),
    "trivium_delete_team": (None, [c_void_p]),
    "trivium_clear": (None, [c_void_p, c_void_p, c_int64]),
    "trivium_pack": (None, [c_void_p, c_void_p, c_int32, c_void_p, c_int32, c_int64, c_int64, c_int64]),
    "trivium_pack_blocks": (None, [c_void_p, c_void_p, c_int32, c_void_p, c_int64, c_int64]),
    "trivium_pack_groups": (
        None,
        [c_void_p, c_void_p, c_void_p, c_void_p, c_int64, c_int32, c_void_p, c_int64, c_int64, c_int64],
    ),
    "trivium_quantized_bytes": (c_int64, [c_int32, c_int64, c_int64, c_int64]),
    "trivium_linear": (None, [c_void_p, POINTER(KernelLinear), c_void_p, c_int64, c_void_p, c_int64]),
    "trivium_step": (None, [c_void_p, POINTER(KernelDecoder), POINTER(KernelStep), c_void_p]),
    "trivium_all_finite": (c_int, [c_void_p, c_int64]),
    "trivium_likeliest": (None, [c_void_p, c_void_p, c_int64, c_int64, c_int64, c_void_p, c_void_p]),
    "trivium_soft_cap": (None, [c_void_p, c_void_p, c_int64, c_int64, c_float]),
    "trivium_copy_blocks": (None, [c_void_p, c_void_p, c_void_p, c_int64, c_void_p, c_int64]),
    "trivium_encode_sources": (None, [c_void_p, POINTER(KernelEncoderDecoder), POINTER(KernelSources), c_void_p]),
    "trivium_decode_step": (None, [c_void_p, POINTER(KernelEncoderDecoder), POINTER(KernelStep), c_void_p]),
    "trivium_encode": (None, [c_void_p, POINTER(KernelEncoder), POINTER(KernelTexts), c_void_p]),
}


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions of ``library`` their types, and return it."""
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
