"""Items of an output while they grow: what they are so far, and the events of a stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from service.api.openai.logprobs import ChatTokenLogprob
from service.api.openai.responses.items import (
    FunctionCallItem,
    ItemStatus,
    MessageItem,
    OutputText,
    ReasoningItem,
    ReasoningText,
    new_id,
)
from service.api.openai.responses.output.events import (
    ContentPartAdded,
    ContentPartDone,
    FunctionCallArgumentsDelta,
    FunctionCallArgumentsDone,
    OutputItemAdded,
    OutputItemDone,
    OutputTextDelta,
    OutputTextDone,
    ReasoningTextDelta,
    ReasoningTextDone,
    ResponseEvent,
)


@dataclass(frozen=True, slots=True)
class Place:
    """The index of an item in its output, and the numbers of the stream's events."""

    index: int
    numbers: "count[int]"

    @property
    def number(self) -> int:
        """The next number."""
        return next(self.numbers)


class OpenMessage:
    """A message of the model. It has one part."""

    def __init__(self, place: Place) -> None:
        self._id = new_id("msg")
        self._place = place
        self._texts: list[str] = []
        self._logprobs: list[ChatTokenLogprob] = []

    def begin(self) -> Iterator[ResponseEvent]:
        place = self._place
        yield OutputItemAdded(place.number, place.index, MessageItem(self._id, "assistant", [], "in_progress"))
        yield ContentPartAdded(place.number, self._id, place.index, 0, OutputText(""))

    def add(self, text: str, logprobs: list[ChatTokenLogprob]) -> Iterator[ResponseEvent]:
        self._texts.append(text)
        self._logprobs += logprobs
        yield OutputTextDelta(self._place.number, self._id, self._place.index, 0, text, logprobs)

    def end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        place, part = self._place, self._part
        yield OutputTextDone(place.number, self._id, place.index, 0, part.text, part.logprobs)
        yield ContentPartDone(place.number, self._id, place.index, 0, part)
        yield OutputItemDone(place.number, place.index, self.item(status))

    def item(self, status: ItemStatus) -> MessageItem:
        return MessageItem(self._id, "assistant", [self._part], status)

    @property
    def _part(self) -> OutputText:
        return OutputText("".join(self._texts), [], self._logprobs)


class OpenReasoning:
    """Thoughts of the model."""

    def __init__(self, place: Place) -> None:
        self._id = new_id("rs")
        self._place = place
        self._texts: list[str] = []

    def begin(self) -> Iterator[ResponseEvent]:
        place = self._place
        yield OutputItemAdded(place.number, place.index, ReasoningItem(self._id, [], [], "in_progress"))
        yield ContentPartAdded(place.number, self._id, place.index, 0, ReasoningText(""))

    def add(self, text: str) -> Iterator[ResponseEvent]:
        self._texts.append(text)
        yield ReasoningTextDelta(self._place.number, self._id, self._place.index, 0, text)

    def end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        place, part = self._place, self._part
        yield ReasoningTextDone(place.number, self._id, place.index, 0, part.text)
        yield ContentPartDone(place.number, self._id, place.index, 0, part)
        yield OutputItemDone(place.number, place.index, self.item(status))

    def item(self, status: ItemStatus) -> ReasoningItem:
        return ReasoningItem(self._id, [], [self._part], status)

    @property
    def _part(self) -> ReasoningText:
        return ReasoningText("".join(self._texts))


class OpenCall:
    """A call of a function."""

    def __init__(self, place: Place, call_id: str, name: str) -> None:
        self._id = new_id("fc")
        self._place = place
        self._call_id = call_id
        self._name = name
        self._arguments: list[str] = []

    def begin(self) -> Iterator[ResponseEvent]:
        yield OutputItemAdded(self._place.number, self._place.index, self.item("in_progress"))

    def add(self, arguments: str) -> Iterator[ResponseEvent]:
        self._arguments.append(arguments)
        yield FunctionCallArgumentsDelta(self._place.number, self._id, self._place.index, arguments)

    def end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        place, item = self._place, self.item(status)
        yield FunctionCallArgumentsDone(place.number, self._id, place.index, self._name, item.arguments)
        yield OutputItemDone(place.number, place.index, item)

    def item(self, status: ItemStatus) -> FunctionCallItem:
        return FunctionCallItem(self._id, self._call_id, self._name, "".join(self._arguments), status)


OpenItem = OpenMessage | OpenReasoning | OpenCall
