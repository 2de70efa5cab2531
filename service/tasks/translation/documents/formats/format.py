"""The formats of texts, and which reader reads each."""

from collections.abc import Iterator
from typing import Literal

from service.tasks.translation.documents.formats.fragment import Fragment
from service.tasks.translation.documents.formats.html import read_html
from service.tasks.translation.documents.formats.markdown import read_markdown
from service.tasks.translation.documents.formats.text import read_text
from service.tasks.translation.documents.formats.xml import read_xml

Format = Literal["text", "markdown", "html", "xml"]

_READERS = {"text": read_text, "markdown": read_markdown, "html": read_html, "xml": read_xml}


def read_fragments(text: str, format: Format) -> Iterator[Fragment]:
    """Cut ``text`` into fragments. Raises MalformedMarkup for XML that is not well-formed; the others read any text."""
    return _READERS[format](text)
