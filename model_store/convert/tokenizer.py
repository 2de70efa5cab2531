"""Turns a GGUF file's vocabulary into an exact ``tokenizer.json``.

The kind of the vocabulary decides how text is cut into tokens: ``byte_level_bpe`` or ``sentencepiece_bpe``. This module
adds what both share: the tokens that are found in the text before it is cut, and the token at the beginning of a text.
"""

from typing import Any

from gguf import TokenType
from tokenizers import AddedToken, Tokenizer, processors

from model_store.convert.byte_level_bpe import build_byte_level_bpe
from model_store.convert.gguf_file import GgufFile
from model_store.convert.sentencepiece_bpe import build_sentencepiece_bpe
from model_store.errors import ModelRefused

_BUILDERS = {"gpt2": build_byte_level_bpe, "llama": build_sentencepiece_bpe}
_KNOWN = {TokenType.NORMAL, TokenType.CONTROL, TokenType.USER_DEFINED, TokenType.UNUSED, TokenType.BYTE}


def build_tokenizer(file: GgufFile) -> Tokenizer:
    """The tokenizer of the file. Raises ModelRefused if the kind of the vocabulary is unknown."""
    kind = file.metadata.get("tokenizer.ggml.model")
    if kind not in _BUILDERS:
        raise ModelRefused(f"GGUF with a vocabulary of kind {kind!r} is not converted; use the model's safetensors")
    tokens, kinds = file.metadata["tokenizer.ggml.tokens"], file.metadata["tokenizer.ggml.token_type"]
    if strange := set(kinds) - _KNOWN:
        raise ModelRefused(f"the GGUF file's vocabulary has tokens of the unknown types {sorted(strange)}")
    tokenizer = _BUILDERS[kind](file.metadata)
    added = [
        AddedToken(text, normalized=False, special=kinds[index] == TokenType.CONTROL)
        for index, text in enumerate(tokens)
        if kinds[index] in {TokenType.CONTROL, TokenType.USER_DEFINED}
    ]
    tokenizer.add_tokens(added)
    parts = (
        [processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)] if kind == "gpt2" else []
    )
    if _adds_bos(file):
        parts.append(_bos_processor(file))
    if parts:
        tokenizer.post_processor = parts[0] if len(parts) == 1 else processors.Sequence(parts)
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


def _bos_processor(file: GgufFile) -> Any:
    index = file.metadata["tokenizer.ggml.bos_token_id"]
    text = file.metadata["tokenizer.ggml.tokens"][index]
    return processors.TemplateProcessing(
        single=f"{text} $A", pair=f"{text} $A {text} $B", special_tokens=[(text, index)]
    )
