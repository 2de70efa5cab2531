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
    num_calls: int  # whole calls of the turn by now

    @property
    def choice(self) -> int:
        return self.delta.choice

    @property
    def has_calls(self) -> bool:
        return self.num_calls > 0


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
    num_calls: int = 0  # those that are whole; the last of ``calls`` may be cut off

    def add(self, delta: TurnDelta) -> None:
        """Append the next delta."""
        self.reasoning += delta.parts.reasoning
        self.text += delta.parts.text
        for call in delta.parts.calls:
            if call.id is not None:
                self.calls.append(ToolCall(call.id, call.name or ""))
            self.calls[call.index].arguments += call.arguments
        self.choice.add(delta.delta)
        self.num_calls = delta.num_calls

    @property
    def has_calls(self) -> bool:
        return self.num_calls > 0
