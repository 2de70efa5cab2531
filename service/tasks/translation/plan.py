"""The plan of an order: the source segments to translate, each once, and their places in the texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from service.errors import TooManySegments
from service.tasks.text.languages import Language
from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.reading import read_document
from service.tasks.translation.language.detection import Detect, Detection
from service.tasks.translation.language.segmentation import split
from service.tasks.translation.order import TranslationOrder
from service.tasks.translation.prompting.example_sentences import SENTENCES
from service.tasks.translation.prompting.glossary import Term, find_terms

_TAG = re.compile(r"<[^<>]*>")
_MOST_CHARACTERS = 20_000  # of HTML or XML that are read to detect its language
_CERTAIN = 0.5  # with less confidence in the detected language, the prompt names no source language


@dataclass(frozen=True, slots=True)
class SourceSegment:
    """A segment that is translated once, however often it occurs in the texts of an order."""

    unit: Unit
    source: Language | None  # None if it is not known
    prefix: str  # the translation begins with it
    terms: tuple[Term, ...]  # the terms of the glossary that occur in the segment

    def complete(self, written: str) -> str:
        """The prefix and what the model has ``written`` after it, without white space at the end.

        The result is "" while the model has written only white space.
        """
        if not written.strip():
            return ""
        continues_word = self.prefix and not self.prefix[-1].isspace()
        return self.prefix + (written if continues_word else written.lstrip()).rstrip()


@dataclass(frozen=True, slots=True)
class TextPlan:
    """One text of an order. ``segments[i]`` is the number of the source segment for unit ``i`` of the document."""

    document: ParsedDocument
    source: Language | None
    detected: Detection | None
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TranslationPlan:
    """Everything about an order that does not depend on the model. Numbers of segments are places in ``segments``."""

    order: TranslationOrder
    target: Language
    texts: tuple[TextPlan, ...]
    segments: tuple[SourceSegment, ...]


def make_plan(
    order: TranslationOrder, source: Language | None, target: Language, detect: Detect, *, max_segments: int
) -> TranslationPlan:
    """Read the texts of an order. Long texts take a while, so this function may run in a thread.

    A text that is already in the target language has no segments. Raises TooManySegments and MalformedMarkup.
    """
    numbers: dict[tuple[Unit, Language | None, str], int] = {}
    segments: list[SourceSegment] = []
    texts = []
    num_units = 0
    protected = {term: term for term in order.do_not_translate}
    for text in order.texts:
        detected = next(iter(detect(_words(text, order))), None) if source is None else None
        language = source or _trusted(detected)
        if language is not None and is_same_language(language, target):
            texts.append(TextPlan(ParsedDocument((text,)), language, detected, ()))
            continue
        document = parse(text, order, language, protected)
        num_units += len(document.units)
        if num_units > max_segments:
            raise TooManySegments(max_segments, param="text")
        document, prefix = _place_prefix(document, order.output_prefix)
        text_segments = []
        for unit in document.units:
            key = (replace(unit, start=0, end=0), language, prefix)
            if key not in numbers:
                numbers[key] = len(segments)
                segments.append(SourceSegment(unit, language, prefix, find_terms(order.glossary, unit.text)))
            text_segments.append(numbers[key])
            prefix = ""
        texts.append(TextPlan(document, language, detected, tuple(text_segments)))
    return TranslationPlan(order, target, tuple(texts), tuple(segments))


def parse(
    text: str, order: TranslationOrder, language: Language | None, protected: Mapping[str, str]
) -> ParsedDocument:
    """Read a text, or a part of one, by the options of the order. ``protected`` maps terms to their replacements."""
    sentences = partial(split, language=language.base if language else "en", splitting=order.splitting)
    return read_document(text, order.format, split=sentences, protected=protected, tags=order.tags)


def is_same_language(one: Language, other: Language) -> bool:
    """Whether there is nothing to translate between the two.

    Regions of a language differ in some words only, but the scripts of Chinese differ in every second character.
    """
    simplified = ("Chinese", "Simplified Chinese")
    return one.base == other.base and (
        one.name == other.name or one.base != "zh" or {one.name, other.name} <= {*simplified}
    )


def _trusted(detected: Detection | None) -> Language | None:
    """The detected language, if it is certain enough and the model can be shown examples of it."""
    if detected is None or detected.confidence < _CERTAIN or detected.language.base not in SENTENCES:
        return None
    return detected.language


def _words(text: str, order: TranslationOrder) -> str:
    """The text for the detection of its language."""
    return _TAG.sub(" ", text[:_MOST_CHARACTERS]) if order.format in ("html", "xml") else text


def _place_prefix(document: ParsedDocument, prefix: str) -> tuple[ParsedDocument, str]:
    """Make a document begin with ``prefix`` in the place of its leading white space.

    Returns the document, and the prefix if the first segment must begin with it. If there is layout before the first
    segment, the document itself has the prefix, and "" is returned.
    """
    if not prefix or not document.units:
        return document, ""
    first = next(i for i, part in enumerate(document.parts) if isinstance(part, Unit))
    layout = ParsedDocument(document.parts[:first]).join([])
    rest = document.parts[first:]
    if layout.strip():
        return ParsedDocument((prefix + layout.lstrip(), *rest)), ""
    return ParsedDocument(rest), prefix
