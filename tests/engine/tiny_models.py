"""Tiny random models of every architecture, complete enough to start a real server with.

``tiny_model("llama", path)`` writes config.json, generation_config.json, model.safetensors, tokenizer.json,
tokenizer_config.json and chat_template.jinja. The weights are random but not small, so that every part of the model
affects its output. The same call always writes the same model.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

transformers.logging.disable_progress_bar()

VOCAB_SIZE = 512
MAX_MODEL_LEN = 128  # the context length in the tiny models' configurations
WINDOW = 12  # tokens, of layers with sliding-window attention
SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
EOS = 2

_SHAPE: dict[str, Any] = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": MAX_MODEL_LEN,
    "bos_token_id": 0,
    "eos_token_id": EOS,
    "pad_token_id": 0,
    "tie_word_embeddings": False,
}
# Overrides of _SHAPE for a model that the native kernels can compute.
NATIVE_SHAPE: dict[str, Any] = {"head_dim": 32, "hidden_size": 72, "intermediate_size": 56, "num_attention_heads": 6}
_FALCON: dict[str, Any] = {"hidden_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2, "ffn_hidden_size": 56}
_FALCON |= {"vocab_size": VOCAB_SIZE, "bos_token_id": 0, "eos_token_id": EOS, "pad_token_id": 0}
_DIVISIBLE: dict[str, Any] = {"hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 2}
_DIVISIBLE_GPT2: dict[str, Any] = {"n_embd": 64, "n_head": 2}
# The same for an architecture that has other fields, or no room for odd sizes.
_NATIVE: dict[str, dict[str, Any]] = {
    "gemma2": {"query_pre_attn_scalar": 24},
    "gemma3_text": {"query_pre_attn_scalar": 24},
    "gpt2": _DIVISIBLE_GPT2,
    "gpt_bigcode": _DIVISIBLE_GPT2,
    "gpt_neox": _DIVISIBLE,
    "falcon": _FALCON,
    "olmoe": _DIVISIBLE,
    "stablelm": _DIVISIBLE,
    "helium": _DIVISIBLE,
    "opt": _DIVISIBLE | {"ffn_dim": 56, "word_embed_proj_dim": 64},
    "phi": _DIVISIBLE,
}
_GPT2 = {"vocab_size": VOCAB_SIZE, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": MAX_MODEL_LEN}
_GPT2 |= {"bos_token_id": 0, "eos_token_id": EOS, "pad_token_id": 0}
_BOTH_KINDS = {"sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]}
_EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16, "num_experts": 4, "num_local_experts": 4}

# The fields that an architecture needs in addition to _SHAPE, or instead of it.
_SPECIAL: dict[str, dict[str, Any]] = {
    "apertus": {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
    "cohere2": _BOTH_KINDS,
    "deepseek_v3": {
        "num_key_value_heads": 4,
        "kv_lora_rank": 16,
        "q_lora_rank": 16,
        "qk_rope_head_dim": 8,
        "qk_nope_head_dim": 8,
        "v_head_dim": 12,
        "n_routed_experts": 4,
        "n_shared_experts": 1,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "first_k_dense_replace": 1,
        "n_group": 1,
        "topk_group": 1,
    },
    "exaone4": _BOTH_KINDS,
    "falcon": _FALCON,
    "gemma2": _BOTH_KINDS | {"query_pre_attn_scalar": 8, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 5.0},
    "gemma3_text": _BOTH_KINDS | {"query_pre_attn_scalar": 8},
    "gemma3n_text": {"num_hidden_layers": 4, "num_kv_shared_layers": 2, "sliding_window": WINDOW}
    | {"layer_types": ["sliding_attention", "full_attention"] * 2, "activation_sparsity_pattern": [0.0] * 4}
    | {"intermediate_size": [48] * 4, "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": VOCAB_SIZE}
    | {"laurel_rank": 4, "altup_num_inputs": 2},
    "gemma4_text": _BOTH_KINDS
    | {"global_head_dim": 16, "num_kv_shared_layers": 0, "hidden_size_per_layer_input": 8}
    | {"vocab_size_per_layer_input": VOCAB_SIZE},
    "gpt2": _GPT2,
    "gpt_bigcode": _GPT2,
    "granite": {"attention_multiplier": 0.5, "embedding_multiplier": 2.0, "logits_scaling": 2.0},
    "granitemoe": _EXPERTS,
    "ministral": _BOTH_KINDS,
    "mistral": {"sliding_window": WINDOW},
    "mixtral": _EXPERTS | {"sliding_window": WINDOW},
    "olmo3": _BOTH_KINDS,
    "olmoe": _EXPERTS,
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "phi3": {"sliding_window": WINDOW},
    "phimoe": _EXPERTS,
    "qwen2": _BOTH_KINDS | {"use_sliding_window": True, "max_window_layers": 1},
    "qwen2_moe": _EXPERTS | {"shared_expert_intermediate_size": 16},
    "qwen3_moe": _EXPERTS,
    "starcoder2": {"sliding_window": WINDOW},
}

CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}
"""

_TEXT = (
    "The quick brown fox jumps over the lazy dog, and the dog sleeps on in the warm afternoon sun.",
    "Translate the following sentence from English to Chinese: Hello, how are you today?",
    "Question: What is the capital of France? Answer: The capital of France is Paris.",
    "人工智能将改变世界。什么是量子计算？你好，今天天气怎么样？",
    "system user assistant You are a helpful assistant. Please answer in one short sentence.",
    "def add(first, second):\n    return first + second\n\nprint(add(1, 2), add(10, 20), 3.14159)",
)


def tiny_model(arch: str, path: Path, **overrides: Any) -> Path:
    """Write a tiny random model of ``arch`` (a transformers model_type) into ``path`` and return it.

    ``overrides`` are fields of its configuration. ``dtype`` is the type of the weights, float32 by default.
    """
    save_model(build_model(arch, **overrides), path)
    tokenizer().save(str(path / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": SPECIAL_TOKENS[0], "eos_token": "<|im_end|>"}
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    (path / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    return path


def served_model(path: Path, **overrides: Any) -> Path:
    """Write a tiny Llama that the native kernels compute, as most served models are, into ``path`` and return it.

    Its engine starts in a third of the time of ``tiny_model``'s, since it does not import transformers.
    """
    return tiny_model("llama", path, **(NATIVE_SHAPE | overrides))


def native_model(arch: str, **overrides: Any) -> PreTrainedModel:
    """A tiny model of ``arch`` that the native kernels can compute."""
    special = _NATIVE.get(arch, {})
    shape = special if special in (_DIVISIBLE_GPT2, _FALCON) else NATIVE_SHAPE | special
    return build_model(arch, **(shape | overrides))


def build_model(arch: str, *, dtype: torch.dtype = torch.float32, **overrides: Any) -> PreTrainedModel:
    """The model that ``tiny_model`` writes, in memory, with the eager attention of transformers."""
    special = _SPECIAL.get(arch, {})
    shape = special if special in (_GPT2, _FALCON) else _SHAPE | special
    config = AutoConfig.for_model(arch, **(shape | overrides))
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32)
    randomize_weights(model)
    return model.to(dtype).eval()


@torch.no_grad()
def randomize_weights(model: torch.nn.Module) -> None:
    """Give the model weights that are always the same, and not small, so that every part affects the output."""
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() > 1:
            parameter.copy_(noise * 1.5 * parameter.shape[-1] ** -0.5)
        else:
            parameter.add_(noise * 0.1)


def save_model(model: PreTrainedModel, path: Path) -> None:
    """Write config.json, generation_config.json and model.safetensors."""
    model.config.dtype = model.dtype
    model.save_pretrained(path)


@cache
def tokenizer() -> Tokenizer:
    """A byte-level BPE of exactly VOCAB_SIZE tokens: it encodes every text and decodes every id."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXT, trainer)
    assert tokenizer.get_vocab_size() == VOCAB_SIZE
    return tokenizer
