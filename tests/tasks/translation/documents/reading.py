"""Documents for tests: a simple splitter of sentences, and the texts that a model would see."""

import re
from collections.abc import Mapping

from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.joint import Joint
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.parts import Part
from service.tasks.translation.documents.reading import read_document


def split(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r".+?(?:[.!?]+(?=\s|$)|[。！？]+|$)", text, re.DOTALL)]


def whole(text: str) -> list[tuple[int, int]]:
    return [(0, len(text))]


def document(
    text: str, format: Format = "text", protected: Mapping[str, str] | None = None, tags: TagRules = BY_FORMAT
) -> ParsedDocument:
    return read_document(text, format, split=split, protected=protected, tags=tags)


def seen(text: str, format: Format = "text", protected: Mapping[str, str] | None = None) -> list[str]:
    """The texts that are sent to the model."""
    return [unit.text for unit in document(text, format, protected).units]


def source_of(part: Part) -> str:
    """What a part outside of attributes has in the text."""
    assert isinstance(part, str | Unit | Joint)
    return part if isinstance(part, str) else part.source
