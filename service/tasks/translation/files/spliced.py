"""A file whose texts stand at known places: a translation replaces the characters of its text, and nothing else moves.

Libraries that read a format into objects write it in their own way: they wrap lines, sort, quote and escape as they
like. Splicing keeps every byte that is not translated.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import AnyStr, Generic

from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import clean

# Returns the characters between two places of the source, with the translations in them.
Render = Callable[[int, int], AnyStr]


@dataclass(frozen=True, slots=True)
class Slot(Generic[AnyStr]):
    """A text and the place from ``begin`` to ``end`` that its translation replaces.

    ``write`` returns what stands there for a translation. A slot may lie inside another one: the outer one writes the
    source around it through ``Render``.
    """

    begin: int
    end: int
    text: FileText
    write: Callable[[str, Render[AnyStr]], AnyStr]


@dataclass(frozen=True, slots=True)
class TargetSlot(Generic[AnyStr]):
    """A place that names the language of the translations. ``write`` returns what stands there for its code."""

    begin: int
    end: int
    write: Callable[[str], AnyStr]


class SplicedFile(Generic[AnyStr]):
    """A file as its source and the slots in it, which it sorts by their places.

    ``data`` are the bytes that were read. ``encode`` returns the bytes of a changed source.
    """

    def __init__(
        self,
        data: bytes,
        source: AnyStr,
        encode: Callable[[AnyStr], bytes],
        slots: Sequence[Slot[AnyStr]],
        targets: Sequence[TargetSlot[AnyStr]] = (),
    ) -> None:
        self.data = data
        self._source: AnyStr = source
        self._encode: Callable[[AnyStr], bytes] = encode
        self._slots: list[Slot[AnyStr]] = sorted(slots, key=lambda slot: (slot.begin, -slot.end))
        self._targets: Sequence[TargetSlot[AnyStr]] = targets

    @property
    def texts(self) -> Sequence[FileText]:
        return [slot.text for slot in self._slots]

    def write(self, translations: Sequence[str], *, target: str, is_changed: bool = False) -> bytes:
        """As ParsedFile says. The target is named if a text has changed, or another part of the file ``is_changed``."""
        changed: list[_Edit[AnyStr]] = [
            _Edit(slot.begin, slot.end, partial(slot.write, clean(translation)))
            for slot, translation in zip(self._slots, translations, strict=True)
            if translation != slot.text.text
        ]
        if not changed and not (is_changed and self._targets):
            return self.data
        named: list[_Edit[AnyStr]] = [
            _Edit(slot.begin, slot.end, partial(_write_name, slot, target)) for slot in self._targets
        ]
        edits = sorted(changed + named, key=lambda edit: (edit.begin, -edit.end))
        begins = [edit.begin for edit in edits]

        def render(begin: int, end: int) -> AnyStr:
            parts: list[AnyStr] = []
            position = begin
            for index in range(bisect_left(begins, begin), len(edits)):
                edit = edits[index]
                if edit.begin >= end:
                    break
                if edit.begin >= position and edit.end <= end:
                    parts += [self._source[position : edit.begin], edit.write(render)]
                    position = edit.end
            parts.append(self._source[position:end])
            return self._source[:0].join(parts)

        return self._encode(render(0, len(self._source)))


@dataclass(frozen=True, slots=True)
class _Edit(Generic[AnyStr]):
    begin: int
    end: int
    write: Callable[[Render[AnyStr]], AnyStr]


def _write_name(slot: TargetSlot[AnyStr], target: str, _: Render[AnyStr]) -> AnyStr:
    return slot.write(target)
