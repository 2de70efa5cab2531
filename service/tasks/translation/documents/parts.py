"""The parts of a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

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


@dataclass(frozen=True, slots=True)
class MessageBegin:
    """Each part from here to the next MessageEnd is a sentence around a message, with one of its leaves."""


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """The end of a sentence around a message.

    ``source`` is the sentence with the message in it, ``leaves`` is the sentence with each leaf, and ``syntax`` are the
    strings around these in what is written: one more than there are leaves.
    """

    source: str
    leaves: tuple[str, ...]
    syntax: tuple[str, ...]

    def write(self, sentences: Sequence[str]) -> str:
        """The message with whole ``sentences`` in its branches; the sentence of the source if they are the source's."""
        if tuple(sentences) == self.leaves:
            return self.source
        return "".join(chain(*zip(self.syntax, sentences, strict=False), self.syntax[-1:]))


Part = Unit | Joint | str | ValueBegin | ValueEnd | KeptUnit | MessageBegin | MessageEnd
