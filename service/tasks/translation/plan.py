"""What is to be translated for an order, each piece once, and where it stands in the texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from service.errors import TooManySegments
from service.tasks.text.languages import Language
from service.tasks.translation import documents
from service.tasks.translation.documents.document import Document, Unit
from service.tasks.translation.guard import Detect
from service.tasks.translation.order import Order, Term
from service.tasks.translation.result import Detection
from service.tasks.translation.segmentation import split
from service.tasks.translation.sentences import SENTENCES
from service.tasks.translation.terms import occurring

_TAG = re.compile(r"<[^<>]*>")
_CERTAIN = 0.5  # confidence from which on a detected language is believed; below, the model is left to find out


@dataclass(frozen=True, slots=True)
class Piece:
    """What is translated once, however often it stands in the texts. Its translation begins with ``prefix``."""

    unit: Unit
    source: Language | None
    prefix: str
    terms: tuple[Term, ...]  # of the glossary, those that stand in it

    def dressed(self, text: str) -> str:
        """What the model wrote, as it will stand; white space at its end is no part of it, or not yet."""
        if not text.strip():
            return ""
        goes_on = self.prefix and not self.prefix[-1].isspace()
        return self.prefix + (text if goes_on else text.lstrip()).rstrip()


@dataclass(frozen=True, slots=True)
class TextPlan:
    """``pieces`` has for each unit of the document the number of its piece."""

    document: Document
    source: Language | None
    detected: Detection | None
    pieces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """``pieces`` are what the model is asked for."""

    order: Order
    target: Language
    texts: tuple[TextPlan, ...]
    pieces: tuple[Piece, ...]


def make_plan(order: Order, source: Language | None, target: Language, detect: Detect, *, max_segments: int) -> Plan:
    """Read the texts. Takes a while for long ones, so it may run in a thread.

    Raises TooManySegments and MalformedMarkup.
    """
    numbers: dict[tuple[Unit, Language | None, str], int] = {}
    pieces: list[Piece] = []
    texts = []
    segments = 0
    protected = {term: term for term in order.do_not_translate}
    for text in order.texts:
        detected = next(iter(detect(_words(text, order))), None) if source is None else None
        language = source or _believed(detected)
        if language is not None and same_language(language, target):
            texts.append(TextPlan(Document((text,)), language, detected, ()))
            continue
        document = read(text, order, language, protected)
        segments += len(document.units)
        if segments > max_segments:
            raise TooManySegments(max_segments, param="text")
        document, prefix = _begun(document, order.output_prefix)
        places = []
        for unit in document.units:
            key = (replace(unit, start=0, end=0), language, prefix)
            if key not in numbers:
                numbers[key] = len(pieces)
                pieces.append(Piece(unit, language, prefix, occurring(order.glossary, unit.text)))
            places.append(numbers[key])
            prefix = ""
        texts.append(TextPlan(document, language, detected, tuple(places)))
    return Plan(order, target, tuple(texts), tuple(pieces))


def read(text: str, order: Order, language: Language | None, protected: Mapping[str, str]) -> Document:
    """A text, or a piece of one, as a document."""
    sentences = partial(split, language=language.base if language else "en", splitting=order.splitting)
    return documents.read(text, order.format, split=sentences, protected=protected)


def same_language(one: Language, other: Language) -> bool:
    """Whether there is nothing to translate: regions differ in words, scripts of Chinese in every other character."""
    simplified = ("Chinese", "Simplified Chinese")
    return one.base == other.base and (
        one.name == other.name or one.base != "zh" or {one.name, other.name} <= {*simplified}
    )


def _believed(detected: Detection | None) -> Language | None:
    if detected is None or detected.confidence < _CERTAIN or detected.language.base not in SENTENCES:
        return None
    return detected.language


def _words(text: str, order: Order) -> str:
    return _TAG.sub(" ", text[:20_000]) if order.format in ("html", "xml") else text


def _begun(document: Document, prefix: str) -> tuple[Document, str]:
    """A document that begins with ``prefix`` in place of white space; and what of it is its first piece's to say."""
    if not prefix or not document.units:
        return document, ""
    first = next(i for i, part in enumerate(document.parts) if isinstance(part, Unit))
    layout = "".join(part for part in document.parts[:first] if isinstance(part, str))
    rest = document.parts[first:]
    if layout.strip():
        return Document((prefix + layout.lstrip(), *rest)), ""
    return Document(rest), prefix
