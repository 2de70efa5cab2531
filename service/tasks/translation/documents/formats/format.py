"""The formats of texts, and which reader reads each."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from service.tasks.translation.documents.formats.fragment import Fragment, FragmentKind
from service.tasks.translation.documents.formats.html import read_html
from service.tasks.translation.documents.formats.invisible import separate_invisible
from service.tasks.translation.documents.formats.markdown import read_markdown
from service.tasks.translation.documents.formats.messages import split_messages
from service.tasks.translation.documents.formats.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.formats.text import read_text
from service.tasks.translation.documents.formats.xml import read_xml

_BYTE_ORDER_MARK = "\ufeff"
Format = Literal["text", "markdown", "html", "xml"]

_MARKUP_READERS: Mapping[str, Callable[[str, TagRules], Iterator[Fragment]]] = {"html": read_html, "xml": read_xml}
_READERS: Mapping[str, Callable[[str], Iterator[Fragment]]] = {"text": read_text, "markdown": read_markdown}


def read_fragments(text: str, format: Format, tags: TagRules = BY_FORMAT) -> Iterator[Fragment]:
    """Cut ``text`` into fragments. ``tags`` are for HTML and XML.

    Raises MalformedMarkup for XML that is not well-formed; the others read any text.
    """
    if text.startswith(_BYTE_ORDER_MARK):
        yield Fragment(FragmentKind.BREAK, _BYTE_ORDER_MARK)
        text = text[1:]
    yield from separate_invisible(split_messages(_read(text, format, tags)))


def _read(text: str, format: Format, tags: TagRules) -> Iterator[Fragment]:
    if format in _MARKUP_READERS:
        return _MARKUP_READERS[format](text, tags)
    return _READERS[format](text)
