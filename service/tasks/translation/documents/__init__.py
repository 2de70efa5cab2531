"""Texts with layout and markup: what of them is translated, and how they are put together again.

A text is read into pieces (text, html, xml, markdown), those into sentences with marks in them (run, composing), and
translations are put back in their places (restoring). All of it is pure and takes time linear in the text.
"""

from collections.abc import Mapping

from service.tasks.translation.documents import html, markdown, text, xml
from service.tasks.translation.documents.composing import compose
from service.tasks.translation.documents.document import Document, Mark, Unit
from service.tasks.translation.documents.restoring import force, restore
from service.tasks.translation.documents.run import Split
from service.tasks.translation.documents.terms import Terms
from service.tasks.translation.order import Format

__all__ = ["Document", "Mark", "Split", "Unit", "force", "read", "restore"]

_READERS = {"text": text.read, "markdown": markdown.read, "html": html.read, "xml": xml.read}


def read(source: str, format: Format, *, split: Split, protected: Mapping[str, str] | None = None) -> Document:
    """``source`` as units to translate. HTML, Markdown and text are read whatever they are.

    ``split`` gives the places of the sentences in a run of text; what stands between them is kept. ``protected`` are
    terms and what is put in their place, the term itself where it is not to be translated.

    Raises MalformedMarkup for XML that is not well-formed.
    """
    return compose(source, _READERS[format](source), split, Terms(protected or {}))
