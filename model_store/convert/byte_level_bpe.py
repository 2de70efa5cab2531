"""Byte-level BPE, from the tokens and merges of a GGUF file and the pre-tokenizer that the file names.

Only the pre-tokenizers below are converted: one that differs slightly gives other tokens for digits or spaces, and the
model would answer worse without an error.
"""

from typing import Any

from gguf import TokenType
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from model_store.errors import ModelRefused

# Words with one leading sign or space, single digits, punctuation with the line ends that follow it, line ends, spaces.
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def build_byte_level_bpe(metadata: dict[str, Any]) -> Tokenizer:
    """The tokenizer, without the added tokens and the unused entries of the vocabulary. Raises ModelRefused."""
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    vocabulary = {text: index for index, text in enumerate(tokens) if kinds[index] != TokenType.UNUSED}
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    try:
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, fuse_unk=False, byte_fallback=False))
    except Exception as error:  # the Rust library raises plain Exception
        raise ModelRefused(f"the GGUF file's vocabulary and merges do not fit together: {error}") from error
    normalizer, tokenizer.pre_tokenizer = _pre_tokenizer(metadata.get("tokenizer.ggml.pre", "gpt-2"))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _pre_tokenizer(name: str) -> tuple[Any, Any]:
    """The normalizer (or None) and the pre-tokenizer for a pre-tokenizer name in GGUF. Raises ModelRefused."""
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=True)
    only_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    match name:
        case "qwen2" | "deepseek-r1-qwen":
            split = pre_tokenizers.Split(Regex(_QWEN2), behavior="isolated")
            return normalizers.NFC(), pre_tokenizers.Sequence([split, only_bytes])
        case "smollm":
            return None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2])
        case "gpt-2":
            return None, gpt2
    raise ModelRefused(f"the GGUF file's pre-tokenizer {name!r} is not known here; use the model's safetensors")
