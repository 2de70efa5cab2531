"""The formats of texts, and which reader reads each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from service.tasks.translation.documents.formats.html.reader import read_characters, read_html
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.formats.markdown import read_markdown
from service.tasks.translation.documents.formats.text import read_text
from service.tasks.translation.documents.formats.xml import read_xml
from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind
from service.tasks.translation.documents.fragments.invisible import separate_invisible
from service.tasks.translation.documents.marks.escaping import TextPlace
from service.tasks.translation.documents.messages.message_reader import split_messages

_BYTE_ORDER_MARK = "\ufeff"
Format = Literal["text", "markdown", "html", "xml"]

_READERS: Mapping[Format, Callable[[str, TagRules], Iterator[Fragment]]] = {
    "text": lambda text, _: read_text(text),
    "markdown": read_markdown,
    "html": read_html,
    "xml": read_xml,
}


def read_fragments(text: str, format: Format, tags: TagRules = BY_FORMAT) -> Iterator[Fragment]:
    """Cut ``text`` into fragments. ``tags`` are for HTML, XML and the HTML in Markdown.

    Raises MalformedMarkup for XML that is not well-formed; the others read any text.
    """
    if text.startswith(_BYTE_ORDER_MARK):
        yield Fragment(FragmentKind.BREAK, _BYTE_ORDER_MARK)
        text = text[1:]
    yield from _refine(_READERS[format](text, tags))


def read_value(text: str, place: TextPlace) -> Iterator[Fragment]:
    """Cut the value of an attribute in HTML, without its quotes, into fragments."""
    return _refine(read_characters(text, place))


def _refine(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    return separate_invisible(split_messages(fragments))
