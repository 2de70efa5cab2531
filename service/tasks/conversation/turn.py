"""A turn of the model: reasoning, text and calls, in parts or whole."""

from dataclasses import dataclass, field

from msgspec import Struct

from service.tasks.generation.choice import Choice, Delta


class CallDelta(Struct, frozen=True):
    """New text of a call's arguments. The first delta of a call has its id and its name, and no arguments."""

    index: int
    arguments: str = ""
    id: str | None = None
    name: str | None = None


class Parts(Struct):
    """What new text of a turn is made of."""

    reasoning: str = ""
    text: str = ""
    calls: list[CallDelta] = []


class TurnDelta(Struct, frozen=True):
    """The new parts of one choice. ``delta`` has their tokens, and how the choice ended."""

    parts: Parts
    delta: Delta
    has_calls: bool  # whether the turn has a whole call by now

    @property
    def choice(self) -> int:
        return self.delta.choice


@dataclass(slots=True)
class ToolCall:
    """A call of a tool. ``arguments`` is JSON, cut off where the turn was."""

    id: str
    name: str
    arguments: str = ""


@dataclass(slots=True)
class Turn:
    """All parts of a choice joined."""

    reasoning: str = ""
    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    choice: Choice = field(default_factory=Choice)
    has_calls: bool = False

    def add(self, delta: TurnDelta) -> None:
        """Append the next delta."""
        self.reasoning += delta.parts.reasoning
        self.text += delta.parts.text
        for call in delta.parts.calls:
            if call.id is not None:
                self.calls.append(ToolCall(call.id, call.name or ""))
            self.calls[call.index].arguments += call.arguments
        self.choice.add(delta.delta)
        self.has_calls = delta.has_calls
