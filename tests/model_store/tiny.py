"""Tiny random models: as the tensors of a transformers model, and the same model as a GGUF file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize
from numpy.typing import NDArray

LAYERS, HIDDEN, INTERMEDIATE, HEADS, KV_HEADS, HEAD_DIM = 2, 64, 96, 4, 2, 16
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("h e", "l l", "he ll", "hell o", "Ġ w", "Ġw o", "1 2", "Ġ Ġ", "r l", "Ġwo rl", "Ġworl d")


def byte_alphabet() -> list[str]:
    """GPT-2's printable character for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


TOKENS = (*SPECIALS, *byte_alphabet(), *(merge.replace(" ", "") for merge in MERGES), "<tool>", "[PAD]")
KINDS = (3, 3, 3, *([1] * (256 + len(MERGES))), 4, 5)
VOCABULARY = 288  # more rows than tokens, as real models have
ROPE_THETA = 20000.0
WINDOW = 4  # tokens that Gemma 3's sliding layers attend to

# Gemma's kind of vocabulary: special tokens, tokens that are found in the text before it is cut, bytes, and pieces, the
# best first. "aba" can be cut in two ways.
PIECES = ("▁w", "he", "ll", "ab", "ba", "aba", "llo", "hello", "▁wo", "rl", "▁worl", "▁world", *"▁abdehlorw中")
FOUND = ("\n", "\n\n", "  ", "   ", "<b>")
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
SENTENCEPIECE_TOKENS = ("<pad>", "<eos>", "<bos>", "<unk>", *FOUND, *BYTES, *PIECES)
SENTENCEPIECE_KINDS = (3, 3, 3, 3, *([4] * len(FOUND)), *([6] * 256), *([1] * len(PIECES)))
SENTENCEPIECE_SCORES = (*([-1000.0] * (4 + len(FOUND))), *([0.0] * 256), *(-float(n) for n in range(len(PIECES))))

_PLACES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
_GEMMA3_PLACES = _PLACES | {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


# For formats that gguf cannot pack: the float16 numbers in a block, and their sizes for weights of about 0.1.
_SCALES = {
    GGMLQuantizationType.Q4_K: {0: 2e-4, 2: 3e-3},
    GGMLQuantizationType.Q5_K: {0: 1e-4, 2: 3e-3},
    GGMLQuantizationType.Q6_K: {208: 4e-5},
    GGMLQuantizationType.IQ4_NL: {0: 1.5e-3},
}


@dataclass(frozen=True)
class Shape:
    """The sizes of a random decoder."""

    hidden: int = HIDDEN
    intermediate: int = INTERMEDIATE
    heads: int = HEADS
    kv_heads: int = KV_HEADS
    head_dim: int = HEAD_DIM


SMALL = Shape()
WIDE = Shape(hidden=256, intermediate=256, heads=8, kv_heads=4, head_dim=32)  # rows of whole blocks of 256 weights


@dataclass(frozen=True)
class Tiny:
    """A random decoder. ``tensors`` are float32, under transformers' names."""

    architecture: str
    tensors: dict[str, NDArray[np.float32]]
    tied: bool
    layers: int = LAYERS
    shape: Shape = SMALL


def make(
    architecture: str, *, tied: bool = True, bias: bool = False, layers: int = LAYERS, shape: Shape = SMALL
) -> Tiny:
    """A random model of one of GGUF's architectures."""
    random = np.random.default_rng(7)

    def weight(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * 0.1).astype(np.float32)

    hidden, queries, keys = shape.hidden, shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    tensors = {"model.embed_tokens.weight": weight(VOCABULARY, hidden), "model.norm.weight": 1 + weight(hidden)}
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        shapes = {
            "self_attn.q_proj": (queries, hidden),
            "self_attn.k_proj": (keys, hidden),
            "self_attn.v_proj": (keys, hidden),
            "self_attn.o_proj": (hidden, queries),
            "mlp.gate_proj": (shape.intermediate, hidden),
            "mlp.up_proj": (shape.intermediate, hidden),
            "mlp.down_proj": (hidden, shape.intermediate),
        }
        tensors |= {f"{prefix}{name}.weight": weight(*sizes) for name, sizes in shapes.items()}
        norms = ["input_layernorm", "post_attention_layernorm"]
        if architecture == "gemma3":
            norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
        tensors |= {f"{prefix}{name}.weight": 1 + weight(hidden) for name in norms}
        if architecture in {"qwen3", "gemma3"}:
            tensors |= {f"{prefix}self_attn.{name}.weight": 1 + weight(shape.head_dim) for name in ("q_norm", "k_norm")}
        if architecture == "qwen2" or bias:
            names = (
                ("q_proj", "k_proj", "v_proj") if architecture == "qwen2" else ("q_proj", "k_proj", "v_proj", "o_proj")
            )
            tensors |= {f"{prefix}self_attn.{name}.bias": weight(shapes[f"self_attn.{name}"][0]) for name in names}
    if not tied:
        tensors["lm_head.weight"] = weight(VOCABULARY, hidden)
    return Tiny(architecture, tensors, tied, layers, shape)


def write_gguf(
    model: Tiny,
    path: Path,
    *,
    types: dict[str, GGMLQuantizationType] | None = None,
    extra: dict[str, NDArray[np.float32]] | None = None,
    metadata: dict[str, str | int | float] | None = None,
    pre: str = "qwen2",
    merges: tuple[str, ...] = MERGES,
) -> None:
    """Write the model as llama.cpp's converter would. ``types`` packs tensors by their GGUF name."""
    writer = GGUFWriter(path, model.architecture)
    writer.add_block_count(model.layers)
    writer.add_context_length(512)
    writer.add_embedding_length(model.shape.hidden)
    writer.add_feed_forward_length(model.shape.intermediate)
    writer.add_head_count(model.shape.heads)
    writer.add_head_count_kv(model.shape.kv_heads)
    writer.add_rope_freq_base(ROPE_THETA)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_key_length(model.shape.head_dim)
    if model.architecture == "gemma3":
        writer.add_sliding_window(WINDOW)
        _add_sentencepiece(writer)
    else:
        _add_byte_level_bpe(writer, pre, merges)
    for name, value in (metadata or {}).items():
        match value:
            case str():
                writer.add_string(name, value)
            case int():
                writer.add_uint32(name, value)
            case float():
                writer.add_float32(name, value)
    named = {gguf_name(name, model.architecture): name for name in model.tensors}
    for name in dict.fromkeys([*named, *(extra or {})]):
        kind = (types or {}).get(name)
        weights = (extra or {})[name] if name in (extra or {}) else model.tensors[named[name]]
        stored = weights if kind is None else pack(weights, kind)
        writer.add_tensor(name, _as_in_gguf(model, named.get(name, name), stored), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def pack(values: NDArray[np.float32], kind: GGMLQuantizationType) -> NDArray[Any]:
    """The rows of ``values`` in the format ``kind``; random blocks of their shape if gguf has no code that packs it."""
    if kind not in _SCALES:
        return quantize(values, kind)
    weights, size = GGML_QUANT_SIZES[kind]
    rows, columns = values.shape
    random = np.random.default_rng(rows * columns)
    blocks = random.integers(0, 256, (rows, columns // weights, size), dtype=np.uint8)
    for place, scale in _SCALES[kind].items():
        scales = (scale * random.uniform(0.5, 1.5, (rows, columns // weights, 1))).astype(np.float16)
        blocks[:, :, place : place + 2] = scales.view(np.uint8)
    return blocks.reshape(rows, -1)


def _add_byte_level_bpe(writer: GGUFWriter, pre: str, merges: tuple[str, ...]) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(TOKENS)
    writer.add_token_types(KINDS)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{% for m in messages %}{{ m.content }}\n{% endfor %}")


def _add_sentencepiece(writer: GGUFWriter) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(SENTENCEPIECE_TOKENS)
    writer.add_token_types(SENTENCEPIECE_KINDS)
    writer.add_token_scores(SENTENCEPIECE_SCORES)
    writer.add_pad_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_unk_token_id(3)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)


def gguf_name(name: str, architecture: str = "llama") -> str:
    """GGUF's name of a transformers tensor."""
    outer = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    if name in outer:
        return outer[name]
    _, _, layer, rest = name.split(".", 3)
    place, kind = rest.rsplit(".", 1)
    places = _GEMMA3_PLACES if architecture == "gemma3" else _PLACES
    return f"blk.{layer}.{places[place]}.{kind}"


def _as_in_gguf(model: Tiny, name: str, value: NDArray[Any]) -> NDArray[Any]:
    """The values as llama.cpp wants them.

    Gemma's norms add one to their weight, llama.cpp's do not. The two halves of each rotary head are interleaved, for
    the architecture llama only.
    """
    if model.architecture == "gemma3" and name.endswith("norm.weight"):
        return value + 1
    if model.architecture != "llama" or not any(part in name for part in ("q_proj", "k_proj")):
        return value
    heads = model.shape.heads if "q_proj" in name else model.shape.kv_heads
    halves = value.reshape(heads, 2, model.shape.head_dim // 2, *value.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(value.shape)
