"""A translation memory: pairs of a source and its translation, and the segments that they translate exactly."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from service.errors import MalformedMarkup
from service.tasks.translation.documents.marks.branch_text import is_branch_text
from service.tasks.translation.documents.marks.markers import marker
from service.tasks.translation.documents.marks.placeables import find_placeables
from service.tasks.translation.documents.marks.restoring import restore
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.similar_pairs import Example, SimilarPairs


@dataclass(frozen=True, slots=True)
class MemoryPair:
    """A text that was translated before, and its translation."""

    source: str
    target: str


class TranslationMemory:
    """Finds the translations of units among the pairs of an order, and examples for the translation of other units.

    Of several pairs with one source the last counts.

    White space counts as one space. A pair translates a unit in two ways:

    - Its source is the source of the unit, markup included. Then its target is the translation, if it has all marks of
      the unit, no other placeables, and well-formed markup: ``check`` raises MalformedMarkup for other markup.
    - Its source, with a marker for each placeable, is the text of the unit. Then its target is, with the same markers,
      which are replaced by the unit's own marks: a pair of plain text serves every format and all values.
    """

    def __init__(self, pairs: Iterable[MemoryPair], check: Callable[[str], object]) -> None:
        self._check = check
        self._by_source: dict[str, str] = {}
        self._by_text: dict[str, tuple[str, list[str]]] = {}  # text with markers -> target, placeables of the source
        for pair in pairs:
            text, placeables = _mask(pair.source)
            self._by_source[_spaced(pair.source)] = pair.target.strip()
            self._by_text[_spaced(text)] = (pair.target.strip(), placeables)

    def translation(self, unit: Unit) -> str | None:
        """The translation of a unit, with its marks; None if no pair translates it exactly."""
        target = self._by_source.get(_spaced(unit.source))
        if target and self._may_replace(unit, target):
            return target
        found = self._by_text.get(_spaced(unit.text))
        return restore(unit, masked) if found is not None and (masked := _mask_as(*found)) else None

    def example(self, unit: Unit) -> Example | None:
        """The most similar pair, as an example for the translation of a unit; None if none is similar enough."""
        return self._similar.nearest(unit.text)

    @cached_property
    def _similar(self) -> SimilarPairs:
        return SimilarPairs(self._examples())

    def _examples(self) -> Iterator[Example]:
        for text, (target, placeables) in self._by_text.items():
            if (masked := _mask_as(target, placeables)) is not None:
                yield Example(text, _spaced(masked))

    def _may_replace(self, unit: Unit, target: str) -> bool:
        wanted: dict[str, int] = {}
        for mark in unit.marks:
            if mark.replacement != mark.source:
                return False
            wanted[mark.source] = wanted.get(mark.source, 0) + 1
        if any(target.count(source) < count for source, count in wanted.items()):
            return False
        text, placeables = _mask(target)
        if sorted(placeables) != sorted(_mask(unit.source)[1]):
            return False
        if unit.syntax and not is_branch_text(target, text, unit.syntax):
            return False
        if "#" in unit.syntax and target.count("#") != unit.source.count("#"):
            return False
        try:
            self._check(target)
        except MalformedMarkup:
            return False
        return True


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _mask(text: str) -> tuple[str, list[str]]:
    """The text with numbered markers for its placeables, and these. Placeables that touch share a marker."""
    parts: list[str] = []
    placeables: list[str] = []
    end = 0
    for start, stop in find_placeables(text):
        if placeables and start == end:
            placeables[-1] += text[start:stop]
        else:
            placeables.append(text[start:stop])
            parts += [text[end:start], marker(len(placeables))]
        end = stop
    return "".join([*parts, text[end:]]), placeables


def _mask_as(target: str, placeables: list[str]) -> str | None:
    """The target with the markers that these placeables have in the source. None unless it has the same ones."""
    in_target = _mask(target)[1]
    if sorted(in_target) != sorted(placeables):
        return None
    left = list(enumerate(placeables, 1))
    parts: list[str] = []
    end = 0
    for found in in_target:
        start = target.index(found, end)
        number = next(number for number, placeable in left if placeable == found)
        left.remove((number, found))
        parts += [target[end:start], marker(number)]
        end = start + len(found)
    return "".join([*parts, target[end:]])
