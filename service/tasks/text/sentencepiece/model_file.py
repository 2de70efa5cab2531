"""A file of SentencePiece: its pieces, and how a text is changed before it is cut into pieces."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Self

from service.tasks.text.sentencepiece.wire import fields

# Numbers of fields and their defaults are those of ``sentencepiece_model.proto``.
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_MODEL_TYPE, _SUFFIX_SPACES, _BYTE_FALLBACK = 3, 24, 35
_CHARACTERS, _DUMMY_PREFIX, _REMOVES_SPACES, _ESCAPES_SPACES = 2, 3, 4, 5


class PieceKind(IntEnum):
    """Only normal pieces are found by their scores. Control pieces are found in no text."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    score: float
    kind: PieceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SentencePieceModel:
    """``is_bpe``: pieces are merged by their scores; otherwise the likeliest pieces are chosen (unigram).

    ``characters`` is the compiled table of what replaces characters; empty: none is replaced.
    """

    pieces: tuple[Piece, ...]
    is_bpe: bool
    characters: bytes
    adds_prefix: bool  # a space before the first word
    removes_spaces: bool  # at the beginning and the end, and all but the first of several

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises OSError, or ValueError if the file is broken, or has what is not computed here."""
        pieces, sections = [], {_TRAINER: b"", _NORMALIZER: b""}
        for number, value in fields(path.read_bytes()):
            if number == _PIECES and isinstance(value, bytes):
                pieces.append(_piece(value))
            elif number in sections and isinstance(value, bytes):
                sections[number] = value
        trainer, normalizer = dict(fields(sections[_TRAINER])), dict(fields(sections[_NORMALIZER]))
        kind = trainer.get(_MODEL_TYPE, 1)
        unknown = [piece for piece in pieces if piece.kind is PieceKind.UNKNOWN]
        if kind not in (1, 2) or len(unknown) != 1:
            raise ValueError(f"{path.name} is no unigram or BPE model of SentencePiece")
        if _is_on(trainer, _SUFFIX_SPACES, False) or not _is_on(normalizer, _ESCAPES_SPACES, True):
            raise ValueError(f"{path.name} treats spaces in a way that is not computed here")
        if _is_on(trainer, _BYTE_FALLBACK, False) or any(piece.kind is PieceKind.USER_DEFINED for piece in pieces):
            raise ValueError(f"{path.name} has pieces for bytes or for fixed texts, which are not computed here")
        characters = normalizer.get(_CHARACTERS, b"")
        return cls(
            pieces=tuple(pieces),
            is_bpe=kind == 2,
            characters=characters if isinstance(characters, bytes) else b"",
            adds_prefix=_is_on(normalizer, _DUMMY_PREFIX, True),
            removes_spaces=_is_on(normalizer, _REMOVES_SPACES, True),
        )


def _piece(message: bytes) -> Piece:
    text, score, kind = "", 0.0, 1
    for number, value in fields(message):
        match number, value:
            case 1, bytes():
                text = value.decode()
            case 2, bytes():
                (score,) = struct.unpack("<f", value)
            case 3, int():
                kind = value
    return Piece(text, score, PieceKind(kind))


def _is_on(section: Mapping[int, int | bytes], number: int, default: bool) -> bool:
    return bool(section.get(number, default))
