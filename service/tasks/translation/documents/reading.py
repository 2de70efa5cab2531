"""Reads a text in any format as a document of units."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.formats.format import Format, read_fragments, read_value
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.fragments.fragment import Fragment, number_pairs
from service.tasks.translation.documents.marks.escaping import TextPlace
from service.tasks.translation.documents.marks.protected_terms import ProtectedTerms
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.paragraph import SentenceSplitter
from service.tasks.translation.documents.paragraphs import ParagraphReader
from service.tasks.translation.documents.parts import Part, ValueBegin, ValueEnd

# The places of values by those of the fragments that have them.
_PLACES = {TextPlace.CELL: TextPlace.CELL_VALUE, TextPlace.LINK_TITLE: TextPlace.LINK_TITLE}


def read_document(
    text: str,
    format: Format,
    *,
    split: SentenceSplitter,
    protected: Mapping[str, str] | None = None,
    tags: TagRules = BY_FORMAT,
) -> ParsedDocument:
    """Read ``text`` as units to translate.

    ``split`` finds the sentences of a paragraph; the text between them is kept. ``protected`` maps terms to their
    replacements; a term that must not be translated is its own replacement. ``tags`` are for HTML, XML and the HTML
    in Markdown.

    Raises MalformedMarkup for XML that is not well-formed. Any other format can be read from any text.
    """
    reader = _Reader(text, split, ProtectedTerms(protected or {}))
    fragments = number_pairs(read_fragments(text, format, tags))
    values = deque(_values(fragments))
    return ParsedDocument(tuple(part for part in reader.parts(fragments, 0, len(text), values) if part != ""))


def read_value_document(
    text: str, place: TextPlace, *, split: SentenceSplitter, protected: Mapping[str, str] | None = None
) -> ParsedDocument:
    """Read the value of an attribute, without its quotes, as units to translate."""
    reader = _Reader(text, split, ProtectedTerms(protected or {}))
    fragments = number_pairs(read_value(text, place))
    return ParsedDocument(tuple(part for part in reader.parts(fragments, 0, len(text), deque()) if part != ""))


@dataclass(frozen=True, slots=True)
class _Value:
    """The place of a value in the text, with its quotes."""

    begin: int
    end: int
    place: TextPlace


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    split: SentenceSplitter
    terms: ProtectedTerms

    def parts(self, fragments: Iterable[Fragment], begin: int, end: int, values: deque[_Value]) -> Iterator[Part]:
        """The parts of the text from ``begin`` to ``end``, which these fragments are. ``values`` are those in it."""
        position = begin
        reader = ParagraphReader(self.text, self.split, self.terms)
        for part, source_start, source_end in reader.parts(fragments, begin):
            yield from self._kept(position, source_start, values)
            while values and values[0].begin < source_end:
                value = values.popleft()
                if isinstance(part, Unit) and (inside := self._value(value)):
                    yield from (*inside, ValueEnd(self.text[value.begin : value.end], is_in_unit=True))
            yield part
            position = source_end
        yield from self._kept(position, end, values)

    def _kept(self, begin: int, end: int, values: deque[_Value]) -> Iterator[Part]:
        """The text between two units as strings, and the parts of the values of attributes in it."""
        while values and values[0].end <= end:
            value = values.popleft()
            if inside := self._value(value):
                yield self.text[begin : value.begin]
                yield from (*inside, ValueEnd(self.text[value.begin : value.end], is_in_unit=False))
                begin = value.end
        yield self.text[begin:end]

    def _value(self, value: _Value) -> list[Part]:
        """The begin of a value and its parts; none if there is nothing to translate in it."""
        is_quoted = self.text[value.begin] in "\"'"
        begin, end = value.begin + is_quoted, value.end - is_quoted
        fragments = number_pairs(read_value(self.text[begin:end], value.place))
        parts = [part for part in self.parts(fragments, begin, end, deque()) if part != ""]
        return [ValueBegin(), *parts] if any(not isinstance(part, str) for part in parts) else []


def _values(fragments: Iterable[Fragment]) -> Iterator[_Value]:
    position = 0
    for fragment in fragments:
        place = _PLACES.get(fragment.place, TextPlace.VALUE)
        for begin, end in fragment.values:
            yield _Value(position + begin, position + end, place)
        position += len(fragment.source)
