"""Tiny random models: as the tensors of a transformers model, and the same model as a GGUF file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
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


@dataclass(frozen=True)
class Tiny:
    """A random decoder. ``tensors`` are float32, under transformers' names."""

    architecture: str
    tensors: dict[str, NDArray[np.float32]]
    tied: bool
    layers: int = LAYERS


def make(architecture: str, *, tied: bool = True, bias: bool = False, layers: int = LAYERS) -> Tiny:
    """A random model of one of GGUF's architectures."""
    random = np.random.default_rng(7)

    def weight(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * 0.1).astype(np.float32)

    tensors = {"model.embed_tokens.weight": weight(VOCABULARY, HIDDEN), "model.norm.weight": 1 + weight(HIDDEN)}
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        shapes = {
            "self_attn.q_proj": (HEADS * HEAD_DIM, HIDDEN),
            "self_attn.k_proj": (KV_HEADS * HEAD_DIM, HIDDEN),
            "self_attn.v_proj": (KV_HEADS * HEAD_DIM, HIDDEN),
            "self_attn.o_proj": (HIDDEN, HEADS * HEAD_DIM),
            "mlp.gate_proj": (INTERMEDIATE, HIDDEN),
            "mlp.up_proj": (INTERMEDIATE, HIDDEN),
            "mlp.down_proj": (HIDDEN, INTERMEDIATE),
        }
        tensors |= {f"{prefix}{name}.weight": weight(*shape) for name, shape in shapes.items()}
        norms = ["input_layernorm", "post_attention_layernorm"]
        if architecture == "gemma3":
            norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
        tensors |= {f"{prefix}{name}.weight": 1 + weight(HIDDEN) for name in norms}
        if architecture in {"qwen3", "gemma3"}:
            tensors |= {f"{prefix}self_attn.{name}.weight": 1 + weight(HEAD_DIM) for name in ("q_norm", "k_norm")}
        if architecture == "qwen2" or bias:
            names = (
                ("q_proj", "k_proj", "v_proj") if architecture == "qwen2" else ("q_proj", "k_proj", "v_proj", "o_proj")
            )
            tensors |= {f"{prefix}self_attn.{name}.bias": weight(shapes[f"self_attn.{name}"][0]) for name in names}
    if not tied:
        tensors["lm_head.weight"] = weight(VOCABULARY, HIDDEN)
    return Tiny(architecture, tensors, tied, layers)


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
    """Write the model as llama.cpp's converter would. ``types`` quantizes tensors by their GGUF name."""
    writer = GGUFWriter(path, model.architecture)
    writer.add_block_count(model.layers)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(ROPE_THETA)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_key_length(HEAD_DIM)
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
    tensors = {
        gguf_name(name, model.architecture): _as_in_gguf(model, name, value) for name, value in model.tensors.items()
    }
    tensors |= extra or {}
    for name, tensor in tensors.items():
        kind = (types or {}).get(name)
        if kind is None:
            writer.add_tensor(name, tensor)
        else:
            writer.add_tensor(name, quantize(tensor, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


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


def _as_in_gguf(model: Tiny, name: str, value: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values as llama.cpp wants them.

    Gemma's norms add one to their weight, llama.cpp's do not. The two halves of each rotary head are interleaved, for
    the architecture llama only.
    """
    if model.architecture == "gemma3" and name.endswith("norm.weight"):
        return value + 1
    if model.architecture != "llama" or not any(part in name for part in ("q_proj", "k_proj")):
        return value
    heads = HEADS if "q_proj" in name else KV_HEADS
    halves = value.reshape(heads, 2, HEAD_DIM // 2, *value.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(value.shape)
