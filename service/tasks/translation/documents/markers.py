"""The markers that stand in a text for what a model must not touch."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self


@dataclass(frozen=True)
class Markers:
    """Numbers in brackets, with a ``word`` before the number where the text has such brackets of its own."""

    word: str = ""

    @classmethod
    def absent_from(cls, text: str) -> Self:
        """Markers that do not occur in ``text``."""
        longest = max((len(word) for word in re.findall(r"⟦\s*(x*+)", text)), default=-1)
        return cls("x" * (longest + 1))

    def write(self, number: int) -> str:
        return f"⟦{self.word}{number}⟧"

    def split(self, text: str) -> tuple[list[str], list[int]]:
        """What stands around the markers in ``text``, and their numbers; the former are one more.

        Models write spaces into markers; a number of more digits than any marker has is -1.
        """
        pieces = self._pattern.split(text)
        return pieces[::2], [int(number) if len(number) < 10 else -1 for number in pieces[1::2]]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"⟦\s*+{self.word}\s*+([0-9]++)\s*+⟧")


BRACKETS = Markers()
