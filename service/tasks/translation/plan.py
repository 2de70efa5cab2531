"""The plan of an order: the source segments to translate, each once, and their places in the texts."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest

from service.errors import TooManySegments
from service.tasks.text.languages import Language, is_same_language
from service.tasks.translation.documents.document import ParsedDocument
from service.tasks.translation.documents.marks.branch_text import IN_OPEN_QUOTE
from service.tasks.translation.documents.marks.escaping import TextPlace
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.parts import KeptUnit, MessageBegin, Part
from service.tasks.translation.documents.reading import read_document, read_value_document
from service.tasks.translation.language.detection import Detect, Detection
from service.tasks.translation.language.segmentation import split
from service.tasks.translation.memory import TranslationMemory
from service.tasks.translation.order import TranslationOrder
from service.tasks.translation.prompting.example_sentences import SENTENCES
from service.tasks.translation.prompting.glossary import Term, TermFinder
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.similar_pairs import Example
from service.tasks.translation.source_languages import languages_in_file, trusted, unit_languages

_TAG = re.compile(r"<[^<>]*>")
_MOST_CHARACTERS = 20_000  # of HTML or XML that are read to detect its language


@dataclass(frozen=True, slots=True)
class FirstLeg:
    """The translation into a pivot that a segment is: the doubts about it, and how likely it is usable, if known."""

    flags: tuple[Flag, ...]
    confidence: float | None


@dataclass(frozen=True, slots=True)
class SourceSegment:
    """A segment that is translated once, however often it occurs in the texts of an order.

    With a ``first_leg`` its unit is in the pivot, the terms in it are marks, and ``source`` is the pivot.
    """

    unit: Unit
    source: Language | None  # None if it is not known
    prefix: str  # the translation begins with it
    terms: tuple[Term, ...]  # the terms of the glossary that occur in the segment
    remembered: str | None = None  # its translation in the memory of the order; the model is not asked
    example: Example | None = None  # a similar pair of the memory, for the prompt
    context: str = ""  # what its text says about itself, beside the context of the order
    first_leg: FirstLeg | None = None

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

    def window(self, numbers: Sequence[int]) -> "TranslationPlan":
        """The plan of these segments alone, each as a text of its own: long documents are translated in windows."""
        segments = tuple(self.segments[number] for number in numbers)
        texts = [TextPlan(ParsedDocument((each.unit,)), each.source, None, (i,)) for i, each in enumerate(segments)]
        return replace(self, texts=tuple(texts), segments=segments)


def make_plan(
    order: TranslationOrder,
    source: Language | None,
    target: Language,
    detect: Detect,
    *,
    max_segments: int,
    readable: Container[str] = SENTENCES,
    main: Language | None = None,
) -> TranslationPlan:
    """Read the texts of an order. Long texts take a while, so this function may run in a thread.

    If ``source`` is None, the language of each sentence is detected, among those whose bases are ``readable``; ``main``
    is that of most, if it is known. A sentence that is already in the target language is no segment. Raises
    TooManySegments and MalformedMarkup.
    """
    numbers: dict[tuple[Unit, Language | None, str, str], int] = {}
    segments: list[SourceSegment] = []
    texts = []
    most_units = max_segments
    protected = {term: term for term in order.do_not_translate}
    terms_of_order = TermFinder(order.glossary)
    memory = TranslationMemory(order.memory, lambda text: parse(text, order, target, {}))
    for text, context in zip_longest(order.texts, order.contexts, fillvalue=""):
        detected = next(iter(detect(_words(text, order))), None) if source is None and main is None else None
        language = source or main or trusted(detected, readable)
        if source is not None and is_same_language(source, target):
            texts.append(TextPlan(ParsedDocument((text,)), language, detected, ()))
            continue
        document = parse(text, order, language, protected)
        languages: Sequence[Language | None] = [language] * len(document.units)
        if len(document.units) <= most_units and source is None:
            if main is None:
                languages = unit_languages(document.units, language, detect, readable)
            else:
                languages = languages_in_file(document.units, main, detect, readable)
        document, languages = _keep_translated(document, languages, target)
        if (most_units := most_units - len(languages)) < 0:
            raise TooManySegments(max_segments, param="text")
        document, prefix = _place_prefix(document, order.output_prefix)
        text_segments = []
        for unit, language_of_unit in zip(document.units, languages, strict=True):
            key = (replace(unit, start=0, end=0), language_of_unit, prefix, context)
            if key not in numbers:
                numbers[key] = len(segments)
                remembered = memory.translation(unit) if order.memory and not prefix else None
                example = memory.example(unit) if remembered is None else None
                terms = () if remembered else terms_of_order.find(unit.text)
                segments.append(SourceSegment(unit, language_of_unit, prefix, terms, remembered, example, context))
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


def parse_unit(unit: Unit, order: TranslationOrder, language: Language | None, protected: Mapping[str, str]) -> Unit:
    """Read a unit again as one that has other ``protected`` terms. Returns ``unit`` if it is not one that way.

    A unit in a branch of a message, or beside one, is read in one. In a quote that does not end, none is read.
    """
    if IN_OPEN_QUOTE in unit.syntax:
        return unit
    sentences = partial(split, language=language.base if language else "en", splitting="none")
    text = unit.source
    if unit.syntax:
        text = f"{{n, {'plural' if '#' in unit.syntax else 'select'}, other {{{text}}}}}"
    if unit.place in (TextPlace.VALUE, TextPlace.CELL_VALUE, TextPlace.LINK_TITLE):
        units = read_value_document(text, unit.place, split=sentences, protected=protected).units
    else:
        tags = replace(order.tags, attributes=frozenset())
        units = read_document(text, order.format, split=sentences, protected=protected, tags=tags).units
    return units[0] if len(units) == 1 and units[0].source == unit.source else unit


def _keep_translated(
    document: ParsedDocument, languages: Sequence[Language | None], target: Language
) -> tuple[ParsedDocument, list[Language | None]]:
    """The document without its units that are in the target language: they stay as they are.

    Also returns the languages of the other units.
    """
    kept = [language is not None and is_same_language(language, target) for language in languages]
    if not any(kept):
        return document, list(languages)
    rest = iter(kept)
    parts = [_kept(part) if isinstance(part, Unit) and next(rest) else part for part in document.parts]
    return ParsedDocument(tuple(parts)), [
        language for language, is_kept in zip(languages, kept, strict=True) if not is_kept
    ]


def _kept(unit: Unit) -> Part:
    return KeptUnit(unit) if any(mark.values for mark in unit.marks) else unit.source


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
    first = next(i for i, part in enumerate(document.parts) if isinstance(part, Unit | MessageBegin))
    layout = ParsedDocument(document.parts[:first]).join([])
    rest = document.parts[first:]
    if layout.strip() or isinstance(rest[0], MessageBegin):
        return ParsedDocument((prefix + layout.lstrip(), *rest)), ""
    return ParsedDocument(rest), prefix
