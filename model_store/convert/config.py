"""Turns a GGUF file's metadata into transformers' ``config.json``.

Only architectures in ``ARCHITECTURES`` are converted, and every metadata key of the architecture must be
known here: an unknown key could change the result, so the model is refused rather than computed wrongly.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from gguf import TokenType

from model_store.convert.gguf_file import GgufFile
from model_store.errors import ModelRefused


@dataclass(frozen=True, slots=True)
class Architecture:
    """transformers' names for an architecture."""

    model_type: str
    model_class: str


ARCHITECTURES = {  # by GGUF's name; a test checks that the service serves all of them
    "gemma3": Architecture("gemma3_text", "Gemma3ForCausalLM"),
    "llama": Architecture("llama", "LlamaForCausalLM"),
    "qwen2": Architecture("qwen2", "Qwen2ForCausalLM"),
    "qwen3": Architecture("qwen3", "Qwen3ForCausalLM"),
}

# Gemma 3: not in the GGUF file, since all models of the architecture have these values.
_FULL_ATTENTION = 6  # every sixth layer attends to all tokens, the others to a sliding window
_WINDOW_ROPE_THETA = 10000.0  # of the layers with a window

# Chat models end a turn with one of these tokens; a GGUF file names only one of them as its end of sequence.
_ENDS = frozenset(
    {"<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<|eom_id|>", "<|end|>", "<end_of_turn>"}
)


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """The sizes of a decoder. The shapes of its tensors must agree with them."""

    architecture: str  # GGUF's name
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    context: int  # tokens
    rope_theta: float
    norm_epsilon: float
    window: int | None = None  # tokens that Gemma 3's sliding layers attend to


def read_shape(file: GgufFile) -> DecoderShape:
    """The model's sizes. Raises ModelRefused if the architecture or one of its keys is unknown."""
    metadata = dict(file.metadata)
    architecture = metadata.get("general.architecture")
    if architecture not in ARCHITECTURES:
        raise ModelRefused(f"GGUF of architecture {architecture!r} is not converted, only {', '.join(ARCHITECTURES)}")
    prefix = f"{architecture}."
    values = {name.removeprefix(prefix): value for name, value in metadata.items() if name.startswith(prefix)}
    try:
        hidden, heads = values.pop("embedding_length"), values.pop("attention.head_count")
        shape = DecoderShape(
            architecture=architecture,
            layers=values.pop("block_count"),
            hidden=hidden,
            intermediate=values.pop("feed_forward_length"),
            heads=heads,
            kv_heads=values.pop("attention.head_count_kv", heads),
            head_dim=values.pop("attention.key_length", hidden // heads),
            context=values.pop("context_length"),
            rope_theta=_shortest_decimal(values.pop("rope.freq_base", 10000.0)),
            norm_epsilon=_shortest_decimal(values.pop("attention.layer_norm_rms_epsilon")),
            window=values.pop("attention.sliding_window") if architecture == "gemma3" else None,
        )
    except (KeyError, TypeError) as error:
        raise ModelRefused(
            f"the GGUF file's description of its {architecture} model is not understood: {error}"
        ) from error
    expected = {
        "attention.value_length": shape.head_dim,
        "rope.dimension_count": shape.head_dim,
        "rope.scaling.type": "none",
        "vocab_size": values.get("vocab_size"),
    }
    for name, value in values.items():
        if name not in expected or value != expected[name]:
            raise ModelRefused(f"the GGUF file has {prefix}{name} = {value!r}, which is not converted")
    return shape


def make_config(
    file: GgufFile,
    shape: DecoderShape,
    *,
    vocab_size: int,
    tied: bool,
    attention_bias: bool,
    dtype: str,
    block_types: dict[str, str],
) -> dict[str, Any]:
    """The content of ``config.json``.

    ``block_types`` has ggml's name of the format of each tensor that keeps its bytes. They are in the file's
    ``quantization_config``, and nowhere else.
    """
    names = ARCHITECTURES[shape.architecture]
    config = {
        "architectures": [names.model_class],
        "model_type": names.model_type,
        "dtype": dtype,
        "vocab_size": vocab_size,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.norm_epsilon,
        "tie_word_embeddings": tied,
        "attention_dropout": 0.0,
        **_special_ids(file),
        **(_gemma3_fields(shape) if shape.architecture == "gemma3" else _llama_fields(shape)),
    }
    if shape.architecture != "qwen2":  # Qwen2 has biases for queries, keys and values always
        config["attention_bias"] = attention_bias
    if block_types:
        config["quantization_config"] = {"quant_method": "gguf", "types": block_types}
    return config


def _llama_fields(shape: DecoderShape) -> dict[str, Any]:
    return {"hidden_act": "silu", "rope_parameters": _rope(shape.rope_theta)}


def _gemma3_fields(shape: DecoderShape) -> dict[str, Any]:
    full = [(layer + 1) % _FULL_ATTENTION == 0 for layer in range(shape.layers)]
    return {
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": shape.head_dim,
        "sliding_window": shape.window,
        "layer_types": ["full_attention" if attends_to_all else "sliding_attention" for attends_to_all in full],
        "rope_parameters": {
            "full_attention": _rope(shape.rope_theta),
            "sliding_attention": _rope(_WINDOW_ROPE_THETA),
        },
    }


def _rope(theta: float) -> dict[str, Any]:
    return {"rope_type": "default", "rope_theta": theta}


def make_generation_config(file: GgufFile) -> dict[str, Any]:
    """The content of ``generation_config.json``: token ids only, since a GGUF file has no sampling parameters."""
    ids = _special_ids(file)
    kinds, tokens = file.metadata["tokenizer.ggml.token_type"], file.metadata["tokenizer.ggml.tokens"]
    ends = [index for index, text in enumerate(tokens) if kinds[index] == TokenType.CONTROL and text in _ENDS]
    first = [ids["eos_token_id"]] if "eos_token_id" in ids else []
    return ids | {"eos_token_id": list(dict.fromkeys(first + ends))}


def to_json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _special_ids(file: GgufFile) -> dict[str, int]:
    names = {"bos_token_id": "bos", "eos_token_id": "eos", "pad_token_id": "padding"}
    ids = {name: file.metadata.get(f"tokenizer.ggml.{word}_token_id") for name, word in names.items()}
    return {name: value for name, value in ids.items() if value is not None}


def _shortest_decimal(value: float) -> float:
    """The shortest decimal that rounds to the same float32, as the author wrote it. GGUF stores float32."""
    return float(str(np.float32(value)))
