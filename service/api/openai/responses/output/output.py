"""The output of a response: items that grow with the turn of the model, and the events of their growth."""

from collections.abc import Iterator
from itertools import count, takewhile

from service.api.openai.logprobs import ChatTokenLogprob
from service.api.openai.responses.items import ItemStatus, OutputItem
from service.api.openai.responses.output.events import ResponseEvent
from service.api.openai.responses.output.open_items import OpenCall, OpenItem, OpenMessage, OpenReasoning, Place
from service.tasks.conversation.parsing.turn import CallDelta, Parts


class Output:
    """The items of one response. At most one item is open: the last, which grows."""

    def __init__(self, numbers: "count[int]") -> None:
        """``numbers`` are those of the events of the stream."""
        self.items: list[OutputItem] = []  # that have ended
        self._numbers = numbers
        self._open: OpenItem | None = None
        self._has_answer = False  # a message or a call

    def add(self, parts: Parts, logprobs: list[ChatTokenLogprob]) -> Iterator[ResponseEvent]:
        """Grow by new parts. ``logprobs`` are those of the text."""
        continued = list(takewhile(lambda call: call.id is None, parts.calls))
        yield from self._add_calls(continued)  # they come before text and further calls
        if parts.reasoning:
            if not isinstance(thoughts := self._open, OpenReasoning):
                thoughts = OpenReasoning(self._place)
                yield from self._begin(thoughts)
            yield from thoughts.add(parts.reasoning)
        if parts.text:
            if not isinstance(message := self._open, OpenMessage):
                message = OpenMessage(self._place)
                yield from self._begin(message)
            yield from message.add(parts.text, logprobs)
        yield from self._add_calls(parts.calls[len(continued) :])

    def finish(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        """End the open item. A completed output has a message or a call, even if the model wrote neither."""
        if status == "completed" and not self._has_answer:
            yield from self._begin(OpenMessage(self._place))
        yield from self._end(status)

    @property
    def _place(self) -> Place:
        """That of the item after the open one."""
        return Place(len(self.items) + (self._open is not None), self._numbers)

    def _add_calls(self, calls: list[CallDelta]) -> Iterator[ResponseEvent]:
        for call in calls:
            if call.id is not None:
                yield from self._begin(OpenCall(self._place, call.id, call.name or ""))
            if call.arguments:
                assert isinstance(self._open, OpenCall)
                yield from self._open.add(call.arguments)

    def _begin(self, item: OpenItem) -> Iterator[ResponseEvent]:
        yield from self._end("completed")
        self._open = item
        self._has_answer = self._has_answer or not isinstance(item, OpenReasoning)
        yield from item.begin()

    def _end(self, status: ItemStatus) -> Iterator[ResponseEvent]:
        if self._open is not None:
            yield from self._open.end(status)
            self.items.append(self._open.item(status))
            self._open = None
