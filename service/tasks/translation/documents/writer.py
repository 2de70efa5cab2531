"""Writes a text again, part by part: translations in the place of units, and values of attributes in their tags."""

import re

from service.tasks.translation.documents.joint import Joiner, Joint
from service.tasks.translation.documents.marks.unit import Mark, Unit
from service.tasks.translation.documents.parts import (
    KeptUnit,
    MessageBegin,
    MessageEnd,
    Part,
    ValueBegin,
    ValueEnd,
)

_ENTITIES = {'"': "&quot;", "'": "&#39;"}


class DocumentWriter:
    """Takes the parts of one text in order. ``target`` is the language of the translations, as in ``Joiner``."""

    def __init__(self, target: str | None) -> None:
        self._target = target
        self._joiner = Joiner(target)
        self._sentences: list[str] | None = None  # what is written of the sentences of a message
        self._value: list[str] | None = None  # what is written of a value
        self._value_joiner = self._joiner
        self._values: dict[str, str] = {}  # the values in the tags of units, with their quotes -> as they are written

    def write(self, part: Part, translation: str = "") -> str:
        """The text of a part, which is "" until the end of a message, and for what stands in a tag of the next unit.

        A unit has a ``translation``.
        """
        joiner = self._joiner if self._value is None else self._value_joiner
        match part:
            case ValueBegin():
                self._value, self._value_joiner = [], Joiner(self._target)
                return ""
            case ValueEnd():
                return self._end_value(part)
            case MessageBegin():
                self._sentences = []
                return ""
            case MessageEnd():
                text, self._sentences = part.write(self._sentences or ()), None
            case Unit():
                joiner.follow(part, translation)
                text = self._fill(part, translation)
            case KeptUnit():
                text = self._fill(part.unit, part.unit.source)
            case Joint():
                text = joiner.write(part)
            case _:
                text = part
        for held in (self._sentences, self._value):
            if held is not None:
                held.append(text)
                return ""
        return text

    def _end_value(self, part: ValueEnd) -> str:
        written, self._value = "".join(self._value or ()), None
        quote = part.quote or '"'
        if part.quote or written != part.source:
            written = quote + written.replace(quote, _ENTITIES[quote]) + quote
        if not part.is_in_unit:
            return written
        self._values[part.source] = written
        return ""

    def _fill(self, unit: Unit, text: str) -> str:
        """A unit's text with the values of its tags. What else is written in it looks like no mark."""
        if not self._values or not any(mark.values for mark in unit.marks):
            return text
        tags = {mark.replacement: self._fill_mark(mark) for mark in unit.marks if mark.replacement}
        longest_first = sorted(tags, key=len, reverse=True)  # a mark may hold another one
        return re.sub("|".join(map(re.escape, longest_first)), lambda match: tags[match[0]], text)

    def _fill_mark(self, mark: Mark) -> str:
        parts, position = [], 0
        for begin, end in mark.values:
            value = mark.replacement[begin:end]
            parts += [mark.replacement[position:begin], self._values.get(value, value)]
            position = end
        return "".join([*parts, mark.replacement[position:]])
