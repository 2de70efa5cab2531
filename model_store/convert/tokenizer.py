"""Turns a GGUF file's vocabulary into an exact ``tokenizer.json``.

The tokenizer is built from the file's tokens, merges and token types, and from the pre-tokenizer that the file names.
Only byte-level BPE and the pre-tokenizers below are converted: a pre-tokenizer that differs slightly gives other tokens
for digits or spaces, and the model would answer worse without an error.
"""

from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from model_store.convert.gguf_file import GgufFile
from model_store.errors import ModelRefused

_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5  # token types

# Words with one leading sign or space, single digits, punctuation with the line ends that follow it, line ends, spaces.
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


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


def build_tokenizer(file: GgufFile) -> Tokenizer:
    """The tokenizer, without the unused entries of the vocabulary, like the original tokenizer.

    Raises ModelRefused if the kind of the vocabulary is unknown.
    """
    metadata = file.metadata
    if metadata.get("tokenizer.ggml.model") != "gpt2":
        kind = metadata.get("tokenizer.ggml.model")
        raise ModelRefused(f"GGUF with a vocabulary of kind {kind!r} is not converted; use the model's safetensors")
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    if strange := set(kinds) - {_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED}:
        raise ModelRefused(f"the GGUF file's vocabulary has tokens of the unknown types {sorted(strange)}")
    vocabulary = {text: index for index, text in enumerate(tokens) if kinds[index] != _UNUSED}
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    try:
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, fuse_unk=False, byte_fallback=False))
    except Exception as error:  # the Rust library raises plain Exception
        raise ModelRefused(f"the GGUF file's vocabulary and merges do not fit together: {error}") from error
    normalizer, tokenizer.pre_tokenizer = _pre_tokenizer(metadata.get("tokenizer.ggml.pre", "gpt-2"))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    added = [
        AddedToken(text, normalized=False, special=kinds[index] == _CONTROL)
        for index, text in enumerate(tokens)
        if kinds[index] in {_CONTROL, _USER_DEFINED}
    ]
    tokenizer.add_tokens(added)
    tokenizer.post_processor = _post_processor(file)
    return tokenizer


def make_tokenizer_config(file: GgufFile, context: int) -> dict[str, Any]:
    """The content of ``tokenizer_config.json``."""
    tokens = file.metadata["tokenizer.ggml.tokens"]
    words = {"bos_token": "bos", "eos_token": "eos", "pad_token": "padding", "unk_token": "unknown"}
    ids = {name: file.metadata.get(f"tokenizer.ggml.{word}_token_id") for name, word in words.items()}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",  # uses tokenizer.json as it is
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        "add_bos_token": _adds_bos(file),
        "add_prefix_space": False,
        **{name: tokens[index] for name, index in ids.items() if index is not None},
    }


def _adds_bos(file: GgufFile) -> bool:
    return bool(file.metadata.get("tokenizer.ggml.add_bos_token", False))


def _post_processor(file: GgufFile) -> Any:
    byte_level = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    if not _adds_bos(file):
        return byte_level
    index = file.metadata["tokenizer.ggml.bos_token_id"]
    text = file.metadata["tokenizer.ggml.tokens"][index]
    first = processors.TemplateProcessing(
        single=f"{text} $A", pair=f"{text} $A {text} $B", special_tokens=[(text, index)]
    )
    return processors.Sequence([byte_level, first])
