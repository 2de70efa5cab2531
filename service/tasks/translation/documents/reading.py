"""Reads a text in any format as a document of units."""

from collections.abc import Iterable, Iterator, Mapping

from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.formats.format import Format, read_fragments
from service.tasks.translation.documents.formats.fragment import Fragment, FragmentKind, number_pairs
from service.tasks.translation.documents.formats.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.joint import Joint
from service.tasks.translation.documents.marks.protected_terms import ProtectedTerms
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.paragraph import Paragraph, SentenceSplitter


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
    replacements; a term that must not be translated is its own replacement. ``tags`` are for HTML and XML.

    Raises MalformedMarkup for XML that is not well-formed. Any other format can be read from any text.
    """
    terms = ProtectedTerms(protected or {})
    parts: list[Unit | Joint | str] = []
    position = 0
    for fragments, begin in _paragraphs(number_pairs(read_fragments(text, format, tags))):
        for part, start, end in Paragraph(text, fragments, begin, terms).parts(split):
            parts += [text[position:start], part]
            position = end
    parts.append(text[position:])
    return ParsedDocument(tuple(part for part in parts if part != ""))


def _paragraphs(fragments: Iterable[Fragment]) -> Iterator[tuple[list[Fragment], int]]:
    """The fragments between two breaks, and where they begin in the text. Paragraphs without text are left out."""
    paragraph: list[Fragment] = []
    position = begin = 0
    for fragment in [*fragments, Fragment(FragmentKind.BREAK, "")]:
        if fragment.kind is FragmentKind.BREAK:
            if any(each.kind is FragmentKind.TEXT for each in paragraph):
                yield paragraph, begin
            paragraph, begin = [], position + len(fragment.source)
        else:
            paragraph.append(fragment)
        position += len(fragment.source)
