"""One decoding of a piece, and what it came to."""

import math
from dataclasses import dataclass

from service.engine.protocol.types import FinishReason
from service.tasks.generation.choice import Delta
from service.tasks.text.languages import Language
from service.tasks.translation import documents, guard
from service.tasks.translation.draft import Draft
from service.tasks.translation.order import Term
from service.tasks.translation.plan import Piece
from service.tasks.translation.result import Flag
from service.tasks.translation.terms import missing

_GRAVITY = {
    Flag.EMPTY: 9,
    Flag.REPETITION: 3,
    Flag.COPIED: 3,
    Flag.LANGUAGE: 3,
    Flag.LENGTH: 2,
    Flag.TRUNCATED: 2,
    Flag.PLACEHOLDER: 2,
    Flag.TERM: 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``missed`` are terms of the glossary."""

    text: str
    flags: tuple[Flag, ...]
    score: float | None
    missed: tuple[Term, ...] = ()

    @property
    def worth(self) -> tuple[int, float]:
        """Of two, the one with the greater is better: less is wrong with it or, where that is equal, it is likelier."""
        return -sum(_GRAVITY.get(flag, 0) for flag in self.flags), -math.inf if self.score is None else self.score


class Attempt:
    """Owns the text of one sequence while it is written."""

    def __init__(self, piece: Piece, draft: Draft) -> None:
        self.piece = piece
        self.draft = draft
        self.finish: FinishReason | None = None
        self._text = ""
        self._logprobs: list[float] = []
        self._looked_at = 0  # characters that were searched for a loop

    def add(self, delta: Delta) -> None:
        self._text += delta.text
        self.finish = delta.finish
        self._logprobs += [output.logprob.logprob for output in delta.tokens if output.logprob is not None]

    def loops(self) -> bool:
        """Whether it goes round in circles, asked every few words."""
        if len(self._text) < self._looked_at + 16:
            return False
        self._looked_at = len(self._text)
        return guard.loops(self._text) and not guard.repeats(self.draft.unit.text)

    @property
    def written(self) -> str:
        """The text so far, as it will stand."""
        return self.piece.dressed(self._text)

    def outcome(self, wanted: Language, detect: guard.Detect) -> Outcome:
        """What the whole of it is worth."""
        unit, prefix = self.draft.unit, self.piece.prefix
        text = self.written or prefix
        flags = list(guard.flags(unit.text, text, given=self.piece.source, wanted=wanted, detect=detect))
        if self.finish is FinishReason.LENGTH:
            flags.append(Flag.TRUNCATED)
        restored = documents.restore(unit, text)
        if restored is None:
            flags.append(Flag.PLACEHOLDER)
            restored = documents.force(unit, text)
        missed = missing(self.piece.terms, restored)
        if missed:
            flags.append(Flag.TERM)
        if Flag.EMPTY in flags and not prefix:
            restored = unit.source  # nothing is lost in silence
        score = sum(self._logprobs) / len(self._logprobs) if self._logprobs else None
        return Outcome(text=restored, flags=tuple(flags), score=score, missed=missed)
