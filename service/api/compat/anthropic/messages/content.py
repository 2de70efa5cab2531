"""The blocks of an answer: as events, and as a whole."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic_core import from_json

from service.api.compat.anthropic.messages.response import (
    BlockEvent,
    Content,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    InputJsonDelta,
    SignatureDelta,
    TextContent,
    TextDelta,
    ThinkingContent,
    ThinkingDelta,
    ToolUseContent,
)
from service.tasks.conversation.parsing.turn import CallDelta, Parts

_SIGNATURE = "unsigned"  # not empty: some clients drop thoughts that have none. Nothing is verified with it


class ContentWriter:
    """Turns the parts of a turn into events of blocks. One block is open at a time.

    Without ``shows_thoughts`` the blocks of thoughts are empty.
    """

    def __init__(self, *, shows_thoughts: bool) -> None:
        self._shows_thoughts = shows_thoughts
        self._index = -1
        self._open: Literal["text", "thinking", "tool_use"] | None = None

    def add(self, parts: Parts) -> Iterator[BlockEvent]:
        """The events of new parts."""
        if parts.reasoning:
            yield from self._begin("thinking", ThinkingContent("", ""))
            if self._shows_thoughts:
                yield ContentBlockDelta(self._index, ThinkingDelta(parts.reasoning))
        calls = iter(parts.calls)
        first = next(calls, None)
        if first is not None and first.id is None:  # the end of a call comes before the text, its beginning after it
            yield from self._add_call(first)
            first = next(calls, None)
        if parts.text:
            yield from self._begin("text", TextContent(""))
            yield ContentBlockDelta(self._index, TextDelta(parts.text))
        while first is not None:
            yield from self._add_call(first)
            first = next(calls, None)

    def end(self) -> Iterator[BlockEvent]:
        """The events that end the last block."""
        if self._open == "thinking":
            yield ContentBlockDelta(self._index, SignatureDelta(_SIGNATURE))
        if self._open is not None:
            yield ContentBlockStop(self._index)
        self._open = None

    def _begin(self, kind: Literal["text", "thinking"], empty: Content) -> Iterator[BlockEvent]:
        if self._open == kind:
            return
        yield from self.end()
        self._open = kind
        self._index += 1
        yield ContentBlockStart(self._index, empty)

    def _add_call(self, call: CallDelta) -> Iterator[BlockEvent]:
        if call.id is not None:
            yield from self.end()
            self._open = "tool_use"
            self._index += 1
            yield ContentBlockStart(self._index, ToolUseContent(call.id, call.name or "", {}))
        if call.arguments:
            yield ContentBlockDelta(self._index, InputJsonDelta(call.arguments))


class WholeContent:
    """The blocks that events make up."""

    def __init__(self) -> None:
        self.blocks: list[Content] = []
        self._texts: list[str] = []  # of the open block

    def add(self, event: BlockEvent) -> None:
        """Take the next event."""
        match event:
            case ContentBlockStart(_, block):
                self.blocks.append(block)
                self._texts = []
            case ContentBlockDelta(_, TextDelta(text) | ThinkingDelta(text) | InputJsonDelta(text)):
                self._texts.append(text)
            case ContentBlockDelta(_, SignatureDelta(signature)):
                block = self.blocks[-1]
                assert isinstance(block, ThinkingContent)
                block.signature = signature
            case ContentBlockStop():
                self._finish(self.blocks[-1], "".join(self._texts))

    def _finish(self, block: Content, text: str) -> None:
        match block:
            case TextContent():
                block.text = text
            case ThinkingContent():
                block.thinking = text
            case ToolUseContent():
                block.input = _as_object(text)


def _as_object(arguments: str) -> dict[str, Any]:
    """The input of a call. If it was cut off, it has what was complete."""
    try:
        value = from_json(arguments, allow_partial=True)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
