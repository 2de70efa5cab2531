"""SentencePiece's BPE, from the pieces and scores of a GGUF file.

SentencePiece joins the two neighbours whose joined piece has the best score; the tokenizers library joins the pair that
is first in a list of merges. So each way to cut a piece in two becomes a merge, in the order of the scores. A space is
"▁" within a piece, and a character without a piece becomes its bytes.
"""

from collections.abc import Iterator
from typing import Any

from gguf import TokenType
from tokenizers import Tokenizer, decoders, models, normalizers

from model_store.errors import ModelRefused

_SPACE = "▁"


def build_sentencepiece_bpe(metadata: dict[str, Any]) -> Tokenizer:
    """The tokenizer, without the added tokens. Raises ModelRefused if the text would be changed before it is cut."""
    changes = {"pre": "default", "add_space_prefix": True, "remove_extra_whitespaces": False}  # llama.cpp's defaults
    found = {name: metadata.get(f"tokenizer.ggml.{name}", default) for name, default in changes.items()}
    if found != changes | {"add_space_prefix": False}:
        raise ModelRefused(f"GGUF with a vocabulary of kind 'llama' and {found} is not converted")
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    if kinds.count(TokenType.BYTE) != 256:
        raise ModelRefused("the GGUF file's vocabulary lacks tokens for bytes")
    unknown = metadata.get("tokenizer.ggml.unknown_token_id")
    tokenizer = Tokenizer(
        models.BPE(
            vocab={token: index for index, token in enumerate(tokens)},
            merges=list(_merges(tokens, kinds, metadata["tokenizer.ggml.scores"])),
            unk_token=None if unknown is None else tokens[unknown],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", _SPACE)
    tokenizer.decoder = decoders.Sequence([decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def _merges(tokens: list[str], kinds: list[int], scores: list[float]) -> Iterator[tuple[str, str]]:
    """Every pair of pieces whose joined text is a piece too, the best first.

    Other kinds of tokens take no part: they are found in the text before it is cut, or stand for bytes.
    """
    pieces = {tokens[index]: scores[index] for index, kind in enumerate(kinds) if kind == TokenType.NORMAL}
    for piece in sorted(pieces, key=pieces.__getitem__, reverse=True):
        for end in range(1, len(piece)):
            if piece[:end] in pieces and piece[end:] in pieces:
                yield piece[:end], piece[end:]
