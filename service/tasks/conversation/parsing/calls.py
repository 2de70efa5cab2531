"""The calls of a turn as deltas, each of them once.

Small models repeat a call until they may write no more. A call that equals an earlier one of its turn asks for what the
client will know anyway, so it is held back, and the turn ends there.
"""

import secrets

from service.tasks.conversation.formats.tool_format import ToolFormat
from service.tasks.conversation.parsing.turn import CallDelta


class Calls:
    """Collects the calls of one turn. A call is held back while it may be a repetition."""

    def __init__(self, format: ToolFormat | None) -> None:
        self.num_whole = 0
        self.has_repetition = False  # then nothing follows
        self._format = format
        self._earlier: set[tuple[str, str]] = set()  # names and arguments
        self._name = ""
        self._arguments = ""
        self._is_held = False

    def begin(self, name: str) -> list[CallDelta]:
        """A call of this tool begins."""
        self._name, self._arguments = name, ""
        self._is_held = self._may_be_repetition()
        return [] if self._is_held else [self._first_delta()]

    def add(self, arguments: str) -> list[CallDelta]:
        """More of its arguments."""
        self._arguments += arguments
        if self._is_held:
            return [] if self._may_be_repetition() else self._released()
        return [CallDelta(self.num_whole, arguments)] if arguments else []

    def end(self) -> list[CallDelta]:
        """Its arguments are whole."""
        call = (self._name, self._arguments)
        if call in self._earlier:
            self.has_repetition = True
            return []
        deltas = self._released() if self._is_held else []
        self._earlier.add(call)
        self.num_whole += 1
        return deltas

    def _may_be_repetition(self) -> bool:
        return any(name == self._name and whole.startswith(self._arguments) for name, whole in self._earlier)

    def _released(self) -> list[CallDelta]:
        self._is_held = False
        return [self._first_delta(), CallDelta(self.num_whole, self._arguments)]

    def _first_delta(self) -> CallDelta:
        return CallDelta(self.num_whole, id=call_id(self._format), name=self._name)


def call_id(format: ToolFormat | None) -> str:
    """A new id of a call, which the format's chat template takes back."""
    if format is not None and format.id_length:
        return secrets.token_hex(12)[: format.id_length]
    return f"call_{secrets.token_hex(12)}"
