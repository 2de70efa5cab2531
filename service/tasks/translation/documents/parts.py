"""The parts of a document."""

from dataclasses import dataclass

from service.tasks.translation.documents.joint import Joint
from service.tasks.translation.documents.marks.unit import Unit


@dataclass(frozen=True, slots=True)
class ValueBegin:
    """The parts from here to the next ValueEnd are the value of an attribute."""


@dataclass(frozen=True, slots=True)
class ValueEnd:
    """The end of a value. ``source`` is the value as the text has it, with its quotes; ``quote`` is "" if it has none.

    It stands here or, ``is_in_unit``, in each tag of the next units that has it.
    """

    source: str
    is_in_unit: bool

    @property
    def quote(self) -> str:
        return self.source[0] if self.source[0] in "\"'" else ""


@dataclass(frozen=True, slots=True)
class KeptUnit:
    """A unit that stays as it is, apart from the values in its tags."""

    unit: Unit


Part = Unit | Joint | str | ValueBegin | ValueEnd | KeptUnit
