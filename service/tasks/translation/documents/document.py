"""A parsed document: a text as units to translate, and the strings between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.marks.unit import Unit


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """``parts`` in order: units, and strings that are kept as they are.

    Invariant: the document joined with the sources of its units is the text that it was read from, byte for byte, apart
    from protected terms that have a replacement.
    """

    parts: tuple[Unit | str, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(part for part in self.parts if isinstance(part, Unit))

    def join(self, translations: Sequence[str]) -> str:
        """The text with one restored translation in the place of each unit."""
        rest = iter(translations)
        return "".join(part if isinstance(part, str) else next(rest) for part in self.parts)
