"""The plan of a file: the segments of all its texts, each once, and the texts made of their translations."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import takewhile

from service.documents.windows import SegmentResult
from service.tasks.text.languages import Language, find_language
from service.tasks.translation import WITH_ATTRIBUTES, Format, TranslationOrder
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.language.scripts import weigh
from service.tasks.translation.plan import TranslationPlan, make_plan
from service.tasks.translation.source_languages import LONG

_SAMPLE = 4000  # characters whose language is detected
_CERTAIN = 0.5  # confidence with which a file is in one language
_MOST_CONTEXT = 1000  # characters that a text may say about itself
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The segments of ``plans`` are numbered through. ``places[i]`` is the place of the text ``i`` of the file: the
    number of its plan, and its place in the plan. ``source`` is the language of most of the file, None if that is not
    certain.
    """

    source: Language | None
    target: Language
    plans: tuple[TranslationPlan, ...]
    places: tuple[tuple[int, int], ...]

    @property
    def segments(self) -> int:
        """The number of segments."""
        return sum(len(plan.segments) for plan in self.plans)

    @property
    def fingerprint(self) -> str:
        """Equal for plans with the same segments in the same order."""
        hashed = blake2b(digest_size=16)
        for plan in self.plans:
            for segment in plan.segments:
                hashed.update(segment.unit.text.encode("utf-8", "surrogatepass") + b"\0")
        return hashed.hexdigest()

    def next_window(self, done: Mapping[int, SegmentResult], start: int, width: int) -> tuple[int, ...]:
        """Up to ``width`` numbers from ``start`` on that are not done, all of one plan and of one language.

        There are none at the end.
        """
        first = 0
        for plan in self.plans:
            end = first + len(plan.segments)
            missing = (number for number in range(max(first, start), end) if number not in done)
            if found := [number for _, number in zip(range(width), missing, strict=False)]:
                sources = [plan.segments[number - first].source for number in found]
                return tuple(number for number, _ in zip(found, takewhile(sources[0].__eq__, sources), strict=False))
            first = end
        return ()

    def window(self, numbers: Sequence[int]) -> TranslationPlan:
        """The plan of segments that ``next_window`` has returned together."""
        first = 0
        for plan in self.plans:
            if numbers[0] < first + len(plan.segments):
                return plan.window([number - first for number in numbers])
            first += len(plan.segments)
        raise IndexError(numbers[0])

    def source_of(self, number: int) -> str:
        """A segment as the file has it."""
        (segment,) = self.window((number,)).segments
        return segment.unit.source

    def texts(self, done: Mapping[int, SegmentResult]) -> Iterator[str]:
        """The texts of the file in their order, translated. All segments must be done."""
        firsts, first = [], 0
        for plan in self.plans:
            firsts.append(first)
            first += len(plan.segments)
        for number, place in self.places:
            text = self.plans[number].texts[place]
            yield text.document.join([done[firsts[number] + each].text for each in text.segments])


def plan_file(
    texts: Sequence[FileText], order: TranslationOrder, detect: Detect, readable: Container[str], *, max_segments: int
) -> FilePlan:
    """Cut the texts of a file into segments. ``order`` has the client's wishes, which were checked, and no texts.

    Without a source language, the language of all texts together is that of most sentences, if it can be told: a cell
    or a subtitle alone says too little, so only a long sentence may be in another one. A file that is one text is
    treated as a text. Languages are detected among those whose bases are ``readable``. This takes a while for a long
    file. Raises what ``make_plan`` raises.
    """
    source, target = None if order.source is None else find_language(order.source), find_language(order.target)
    main = _language(texts, detect, readable) if source is None and len(texts) > 1 else None
    by_format: dict[Format, list[int]] = {}
    for i, text in enumerate(texts):
        by_format.setdefault(text.format, []).append(i)
    plans: list[TranslationPlan] = []
    places: dict[int, tuple[int, int]] = {}
    for format, members in by_format.items():
        of_format = replace(
            order,
            texts=tuple(texts[i].text for i in members),
            contexts=tuple(texts[i].context[:_MOST_CONTEXT] for i in members),
            format=format,
            tags=WITH_ATTRIBUTES,
        )
        places |= {i: (len(plans), place) for place, i in enumerate(members)}
        plans.append(
            make_plan(of_format, source, target, detect, max_segments=max_segments, readable=readable, main=main)
        )
    if source is None and len(plans) == len(texts) == 1:
        main = plans[0].texts[0].source
    return FilePlan(source or main, target, tuple(plans), tuple(places[i] for i in range(len(texts))))


def _language(texts: Sequence[FileText], detect: Detect, readable: Container[str]) -> Language | None:
    """The language of most of a file, by its first texts; None if that is not certain."""
    sample, size = [], 0
    for text in texts:
        words = text.text[: 2 * _SAMPLE]
        sample.append(_TAG.sub(" ", words) if text.format in ("html", "xml") else words)
        size += len(sample[-1])
        if size >= _SAMPLE:
            break
    whole = "\n".join(sample)
    votes: dict[Language, float] = {}
    total = 0
    for words in [words for words in sample if weigh(words) >= LONG] or [whole]:
        total += weigh(words)
        for best in detect(words)[:1]:
            votes[best.language] = votes.get(best.language, 0) + best.confidence * weigh(words)
    language = max(votes, key=votes.__getitem__, default=None)
    if language is None or votes[language] < _CERTAIN * total or language.base not in readable:
        return None
    return language
