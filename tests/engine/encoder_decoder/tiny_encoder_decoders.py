"""Tiny random encoder-decoders of every family, and what transformers generates with them.

Weights, biases and norms are random and not small, so that every part of a model affects its output.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoModelForSpeechSeq2Seq, GenerationConfig, GenerationMixin

transformers.logging.disable_progress_bar()

VOCAB_SIZE = 97
START, PAD, EOS = 2, 1, 2
CHANNELS = 8  # numbers of a frame of features
_BART: dict[str, Any] = {
    "vocab_size": VOCAB_SIZE,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "pad_token_id": PAD,
    "eos_token_id": EOS,
    "bos_token_id": 0,
    "decoder_start_token_id": START,
    "forced_eos_token_id": None,
    "forced_bos_token_id": None,
}
_T5: dict[str, Any] = {
    "vocab_size": VOCAB_SIZE,
    "d_model": 32,
    "d_kv": 16,
    "num_heads": 3,
    "d_ff": 48,
    "num_layers": 2,
    "num_decoder_layers": 3,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 20,
    "pad_token_id": PAD,
    "eos_token_id": EOS,
    "decoder_start_token_id": START,
}
_WHISPER = _BART | {
    "num_mel_bins": CHANNELS,
    "max_source_positions": 24,
    "max_target_positions": 64,
    "begin_suppress_tokens": None,
    "suppress_tokens": None,
}

SHAPES: dict[str, dict[str, Any]] = {
    "bart": _BART,
    "m2m_100": _BART | {"scale_embedding": True},
    "marian": _BART | {"scale_embedding": True, "activation_function": "swish"},
    "mbart": _BART,
    "mt5": _T5,
    "pegasus": _BART | {"scale_embedding": True, "activation_function": "relu"},
    "t5": _T5,
    "umt5": _T5,
    "whisper": _WHISPER,
}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "gated t5": ("t5", {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}),
    "two vocabularies": ("marian", {"share_encoder_decoder_embeddings": False, "decoder_vocab_size": 71}),
}
NAMES = [*SHAPES, *VARIANTS]


def save(name: str, path: Path, **changes: Any) -> None:
    """Write the tiny model ``name``, a family or a variant, into the directory ``path``."""
    family, own = VARIANTS.get(name, (name, {}))
    config = AutoConfig.for_model(family, **(SHAPES[family] | own | changes))
    auto_class = AutoModelForSpeechSeq2Seq if family == "whisper" else AutoModelForSeq2SeqLM
    torch.manual_seed(5)
    model = auto_class.from_config(config)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.requires_grad and "embed_positions" not in parameter_name:
                is_norm = parameter.dim() == 1 and parameter_name.endswith("weight")
                parameter.copy_(torch.randn_like(parameter) * (0.2 if parameter.dim() == 1 else 0.25) + is_norm)
        if (bias := getattr(model, "final_logits_bias", None)) is not None:
            bias.copy_(torch.randn_like(bias))
    model.save_pretrained(path)


def load_reference(path: Path) -> Any:
    """transformers' own model in ``path``, in float32."""
    config = AutoConfig.from_pretrained(path)
    auto_class = AutoModelForSpeechSeq2Seq if config.model_type == "whisper" else AutoModelForSeq2SeqLM
    return auto_class.from_pretrained(path, attn_implementation="eager", dtype=torch.float32).eval()


def inputs(model: Any, source: Sequence[int] | torch.Tensor) -> dict[str, torch.Tensor]:
    """The inputs of transformers' model for token ids, or for features [frames, channels]."""
    if isinstance(source, torch.Tensor):
        return {"input_features": source.T[None]}
    return {"input_ids": torch.tensor([list(source)])}


@torch.inference_mode()
def next_logits(model: Any, source: Sequence[int] | torch.Tensor, tokens: Sequence[int]) -> torch.Tensor:
    """The logits [V] of the token behind the decoder's ``tokens``, computed without a cache."""
    decoder_ids = torch.tensor([list(tokens)])
    logits: torch.Tensor = model(**inputs(model, source), decoder_input_ids=decoder_ids, use_cache=False).logits
    return logits[0, -1]


def greedy(model: Any, source: Sequence[int] | torch.Tensor, prompt: Sequence[int], count: int) -> list[int]:
    """The greedy continuation of ``prompt``, without a cache: ``count`` tokens, also behind an end token."""
    tokens = list(prompt)
    while len(tokens) < len(prompt) + count:
        tokens.append(int(next_logits(model, source, tokens).argmax()))
    return tokens[len(prompt) :]


@torch.inference_mode()
def beam_search(
    model: Any, source: Sequence[int] | torch.Tensor, prompt: Sequence[int], **options: Any
) -> list[tuple[list[int], float]]:
    """The two best hypotheses of transformers' ``generate`` behind ``prompt``, with padding, and their scores."""
    found = GenerationMixin.generate(
        model,
        **inputs(model, source),
        decoder_input_ids=torch.tensor([list(prompt)]),
        generation_config=GenerationConfig(
            do_sample=False,
            decoder_start_token_id=START,
            use_cache=False,  # T5 has none of its own for a decoder with more layers than the encoder
            pad_token_id=PAD,
            num_return_sequences=2,
            output_scores=True,
            return_dict_in_generate=True,
            **options,
        ),
    )
    rows = found.sequences[:, len(prompt) :].tolist()
    return list(zip(rows, found.sequences_scores.tolist(), strict=True))
