"""Writes the configuration files that transformers has for a Whisper model.

CTranslate2 stores the tokens that are never generated and the attention heads that follow the speech. The sizes come
from the weights, the special tokens from ``tokenizer.json``. What all Whisper models have in common is written here
(Radford et al., 2022, arXiv:2212.04356).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_store.convert.ctranslate2.whisper_weights import WhisperShape
from model_store.convert.safetensors_file import NumberType
from model_store.errors import ModelRefused

_MULTILINGUAL = 51_865  # models with at least as many tokens know other languages than English
_TIMESTAMPS = 1501  # from 0 to 30 seconds, 0.02 seconds apart; they follow the token for "no timestamps"
_LATEST_FIRST_TIMESTAMP = 50  # the first timestamp of a window is at most one second
_SAMPLING_RATE, _HOP = 16_000, 160  # per second; samples between two frames


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """The ids of Whisper's special tokens."""

    end: int
    start: int
    translate: int
    transcribe: int
    previous: int
    no_timestamps: int
    languages: dict[str, int]  # "<|en|>" -> id, in order of id; empty for a model that knows English only
    names: tuple[str, ...]  # of all special tokens but the timestamps


def read_special_tokens(tokenizer: Mapping[str, Any], shape: WhisperShape) -> SpecialTokens:
    """The special tokens of a ``tokenizer.json``. Raises ModelRefused if they are not Whisper's."""
    try:
        ids = {token["content"]: int(token["id"]) for token in tokenizer["added_tokens"]}
        names = ("endoftext", "startoftranscript", "translate", "transcribe", "startofprev", "notimestamps")
        end, start, translate, transcribe, previous, no_timestamps = (ids[f"<|{name}|>"] for name in names)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelRefused(f"the tokenizer lacks special tokens of Whisper: {error}") from error
    if no_timestamps + 1 + _TIMESTAMPS != shape.vocab_size:
        raise ModelRefused(f"the tokenizer and the Whisper model, with {shape.vocab_size} tokens, do not fit together")
    languages = {}
    if shape.vocab_size >= _MULTILINGUAL:  # smaller vocabularies have the tokens of languages too, but no use for them
        by_id = sorted(ids.items(), key=lambda item: item[1])
        languages = {name: index for name, index in by_id if start < index < min(translate, transcribe)}
    return SpecialTokens(end, start, translate, transcribe, previous, no_timestamps, languages, tuple(ids))


def make_config(shape: WhisperShape, tokens: SpecialTokens, dtype: NumberType) -> dict[str, Any]:
    """The content of ``config.json``."""
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "dtype": dtype,
        "is_encoder_decoder": True,
        "vocab_size": shape.vocab_size,
        "num_mel_bins": shape.mels,
        "d_model": shape.hidden,
        "encoder_layers": shape.encoder_layers,
        "encoder_attention_heads": shape.heads,
        "encoder_ffn_dim": shape.encoder_intermediate,
        "decoder_layers": shape.decoder_layers,
        "decoder_attention_heads": shape.heads,
        "decoder_ffn_dim": shape.decoder_intermediate,
        "max_source_positions": shape.source_positions,
        "max_target_positions": shape.target_positions,
        "activation_function": "gelu",
        "scale_embedding": False,
        "tie_word_embeddings": True,
        **_token_ids(tokens),
    }


def make_generation_config(shape: WhisperShape, tokens: SpecialTokens, theirs: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``generation_config.json``; ``theirs`` is CTranslate2's ``config.json``. Raises ModelRefused."""
    suppressed, first = theirs.get("suppress_ids"), theirs.get("suppress_ids_begin")
    for ids in (suppressed, first):
        if not isinstance(ids, list) or not all(type(each) is int and 0 <= each < shape.vocab_size for each in ids):
            raise ModelRefused("CTranslate2's config.json lacks the tokens that Whisper never generates")
    config = {
        **_token_ids(tokens),
        "max_length": shape.target_positions,
        "suppress_tokens": suppressed,
        "begin_suppress_tokens": first,
        "no_timestamps_token_id": tokens.no_timestamps,
        "prev_sot_token_id": tokens.previous,
        "max_initial_timestamp_index": _LATEST_FIRST_TIMESTAMP,
        "return_timestamps": False,
        "is_multilingual": bool(tokens.languages),
    }
    if theirs.get("alignment_heads"):
        config["alignment_heads"] = theirs["alignment_heads"]
    if tokens.languages:
        config["lang_to_id"] = tokens.languages
        config["task_to_id"] = {"transcribe": tokens.transcribe, "translate": tokens.translate}
    return config


def make_preprocessor_config(shape: WhisperShape) -> dict[str, Any]:
    """The content of ``preprocessor_config.json``: how samples become features."""
    samples = shape.source_positions * 2 * _HOP
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": shape.mels,
        "sampling_rate": _SAMPLING_RATE,
        "hop_length": _HOP,
        "chunk_length": samples // _SAMPLING_RATE,
        "n_fft": 400,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def make_tokenizer_config(shape: WhisperShape, tokens: SpecialTokens) -> dict[str, Any]:
    """The content of ``tokenizer_config.json``."""
    end = "<|endoftext|>"
    return {
        "tokenizer_class": "WhisperTokenizer",
        "model_max_length": shape.target_positions,
        "clean_up_tokenization_spaces": False,
        "add_prefix_space": False,
        "errors": "replace",
        "bos_token": end,
        "eos_token": end,
        "pad_token": end,
        "unk_token": end,
        "additional_special_tokens": [name for name in tokens.names if name != end],
    }


def _token_ids(tokens: SpecialTokens) -> dict[str, int]:
    ends = dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"), tokens.end)
    return {**ends, "decoder_start_token_id": tokens.start}
