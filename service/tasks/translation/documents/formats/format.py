"""The formats of texts, and which reader reads each."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from service.tasks.translation.documents.formats.fragment import Fragment
from service.tasks.translation.documents.formats.html import read_html
from service.tasks.translation.documents.formats.markdown import read_markdown
from service.tasks.translation.documents.formats.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.formats.text import read_text
from service.tasks.translation.documents.formats.xml import read_xml

Format = Literal["text", "markdown", "html", "xml"]

_MARKUP_READERS: Mapping[str, Callable[[str, TagRules], Iterator[Fragment]]] = {"html": read_html, "xml": read_xml}
_READERS: Mapping[str, Callable[[str], Iterator[Fragment]]] = {"text": read_text, "markdown": read_markdown}


def read_fragments(text: str, format: Format, tags: TagRules = BY_FORMAT) -> Iterator[Fragment]:
    """Cut ``text`` into fragments. ``tags`` are for HTML and XML.

    Raises MalformedMarkup for XML that is not well-formed; the others read any text.
    """
    if format in _MARKUP_READERS:
        return _MARKUP_READERS[format](text, tags)
    return _READERS[format](text)
