"""A parsed document: a text as units to translate, and the strings between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.joint import Joiner, Joint
from service.tasks.translation.documents.marks.unit import Unit


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """``parts`` in order: units, the joints between them, and strings that are kept as they are.

    Invariant: the document joined with the sources of its units is the text that it was read from, byte for byte, apart
    from protected terms that have a replacement.
    """

    parts: tuple[Unit | Joint | str, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(part for part in self.parts if isinstance(part, Unit))

    def join(self, translations: Sequence[str], target: str | None = None) -> str:
        """The text with one restored translation in the place of each unit.

        ``target`` is the language of the translations, which decides on the joints; None keeps those of the source.
        """
        rest, joiner, texts = iter(translations), Joiner(target), []
        for part in self.parts:
            if isinstance(part, Unit):
                text = next(rest)
                joiner.follow(part, text)
            else:
                text = part if isinstance(part, str) else joiner.write(part)
            texts.append(text)
        return "".join(texts)
