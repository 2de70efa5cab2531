"""Cuts texts into the pieces of a SentencePiece model.

Pieces are texts here, not ids: families of models number them in their own ways. No control piece is found in a text.
The `tokenizers` library finds the pieces. It adds scores in float64 and SentencePiece in float32, so where two ways to
cut a text are equally likely, as with a row of equal characters, the two may choose differently.
"""

import re
from collections.abc import Iterator, Sequence

import tokenizers
from tokenizers import models

from service.tasks.text.sentencepiece.character_table import CharacterTable
from service.tasks.text.sentencepiece.model_file import Piece, PieceKind, SentencePieceModel

SPACE = "▁"
# The name of the unknown piece. No changed text has a space, so no text is this piece.
_UNKNOWN = " "
_SPACES = re.compile(" {2,}")


class PieceCutter:
    """Cuts texts. It may be used by several threads at once."""

    def __init__(self, model: SentencePieceModel) -> None:
        """Raises ValueError if the model's table of characters is broken."""
        self._characters = CharacterTable(model.characters) if model.characters else None
        self._adds_prefix = model.adds_prefix
        self._removes_spaces = model.removes_spaces
        self._library = tokenizers.Tokenizer(_library_model(model))

    def cut(self, text: str) -> list[str]:
        """The pieces of a text. A part of the text that has no pieces is itself one, or " " in a BPE model.

        Raises TypeError for half a surrogate pair.
        """
        return self._library.encode_batch([self.change(text)], add_special_tokens=False)[0].tokens

    def change(self, text: str) -> str:
        """The text that is cut. Raises TypeError for half a surrogate pair."""
        if self._characters is not None:
            try:
                text = self._characters.replace(text)
            except UnicodeEncodeError as error:
                raise TypeError(str(error)) from None
        if self._removes_spaces:
            text = _SPACES.sub(" ", text.lstrip(" "))
        if not text:
            return ""
        changed = (SPACE if self._adds_prefix else "") + text.replace(" ", SPACE)
        return changed.rstrip(SPACE) if self._removes_spaces else changed


def _library_model(model: SentencePieceModel) -> models.Model:
    pieces = [piece for piece in model.pieces if piece.kind is PieceKind.NORMAL]
    if model.is_bpe:
        vocabulary = {_UNKNOWN: 0} | {piece.text: id for id, piece in enumerate(pieces, 1)}
        return models.BPE(vocabulary, list(_merges(pieces)), unk_token=_UNKNOWN, fuse_unk=True)
    return models.Unigram([(_UNKNOWN, 0.0), *((piece.text, piece.score) for piece in pieces)], unk_id=0)


def _merges(pieces: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    """Every pair of pieces whose joined text is a piece too, the best first."""
    scores = {piece.text: piece.score for piece in pieces}
    for piece in sorted(scores, key=scores.__getitem__, reverse=True):
        for end in range(1, len(piece)):
            if piece[:end] in scores and piece[end:] in scores:
                yield piece[:end], piece[end:]
