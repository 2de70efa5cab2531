"""A parsed document: a text as units to translate, and what is between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.parts import Part
from service.tasks.translation.documents.writer import DocumentWriter


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """``parts`` in order: units, the joints between them, strings that are kept as they are, and values of attributes.

    Invariant: the document joined with the sources of its units is the text that it was read from, byte for byte, apart
    from protected terms that have a replacement.
    """

    parts: tuple[Part, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(part for part in self.parts if isinstance(part, Unit))

    def join(self, translations: Sequence[str], target: str | None = None) -> str:
        """The text with one restored translation in the place of each unit.

        ``target`` is the language of the translations, which decides on the joints; None keeps those of the source.
        """
        rest, writer = iter(translations), DocumentWriter(target)
        return "".join(writer.write(part, next(rest) if isinstance(part, Unit) else "") for part in self.parts)
