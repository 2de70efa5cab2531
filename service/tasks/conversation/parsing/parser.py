"""Reads the text of a turn as it is generated."""

from collections.abc import Callable

import regex

from service.tasks.conversation.parsing.arguments import Arguments, JsonArguments
from service.tasks.conversation.parsing.calls import Calls
from service.tasks.conversation.parsing.shape import SPACE, TurnShape
from service.tasks.conversation.parsing.turn import Parts


class TurnParser:
    """Splits the text of one choice into reasoning, text and calls.

    What may be the beginning of a mark is held back until it is clear. White space around the reasoning, and before
    calls, belongs to neither. Text that does not have the format's shape is text.
    """

    def __init__(self, shape: TurnShape, *, in_reasoning: bool) -> None:
        """``in_reasoning``: the prompt ends with the mark that begins the reasoning."""
        self._shape = shape
        self._calls = shape.calls
        self._buffer = ""
        self._written = Calls(shape.format)
        self._arguments: Arguments = JsonArguments()
        self._is_object = False  # the call is an object in the text
        self._after_space: Callable[[Parts], bool] = self._read_text
        self._state: Callable[[Parts], bool] = self._read_text
        if shape.reasoning is not None and not in_reasoning:
            self._state = self._read_beginning
        elif in_reasoning:
            self._skip_space_to(self._read_reasoning)

    @property
    def num_calls(self) -> int:
        """The calls that are whole."""
        return self._written.num_whole

    @property
    def has_repetition(self) -> bool:
        """Whether the text repeats a call. What follows is no part of the turn."""
        return self._written.has_repetition

    @property
    def in_reasoning(self) -> bool:
        state = self._after_space if self._state == self._skip_space else self._state
        return state == self._read_reasoning

    def feed(self, text: str) -> Parts:
        """The parts that this text completes."""
        self._buffer += text
        parts = Parts(calls=[])
        while self._state(parts):
            pass
        return parts

    def finish(self) -> Parts:
        """The rest. A call whose name is not complete is left out."""
        if self.in_reasoning:
            return Parts(reasoning=self._buffer, calls=[])
        if self._state in (self._read_text, self._read_beginning):
            return Parts(text=self._buffer, calls=[])
        return Parts(calls=[])

    # Each state reads a part of the buffer, and returns whether the next state may read on.

    def _read_beginning(self, parts: Parts) -> bool:
        assert self._shape.reasoning is not None
        begin = self._shape.reasoning.begin
        text = self._buffer.lstrip()
        if text.startswith(begin):
            self._buffer = text[len(begin) :]
            return self._skip_space_to(self._read_reasoning)
        if begin.startswith(text):
            return False
        self._state = self._read_text
        return True

    def _read_reasoning(self, parts: Parts) -> bool:
        assert self._shape.reasoning_end is not None
        text, end = self._take_until(self._shape.reasoning_end)
        parts.reasoning += text
        return end is not None and self._skip_space_to(self._read_text)

    def _read_text(self, parts: Parts) -> bool:
        if self._calls is None:
            parts.text += self._buffer
            self._buffer = ""
            return False
        text, beginning = self._take_until(self._calls)
        parts.text += text
        if beginning is None:
            return False
        self._is_object = beginning["name"] is not None
        if self._is_object:
            self._begin_call(parts, beginning["name"])
        else:
            self._buffer = beginning["mark"] + self._buffer
            self._state = self._read_first
        return True

    def _begin_call(self, parts: Parts, name: str) -> None:
        parts.calls += self._written.begin(name)
        self._arguments = self._shape.new_arguments(name, is_object=self._is_object)
        if isinstance(self._arguments, JsonArguments):
            self._skip_space_to(self._read_arguments)
        else:
            self._state = self._read_arguments

    def _read_first(self, parts: Parts) -> bool:
        assert self._shape.format is not None
        return self._expect(self._shape.format.first, self._read_name)

    def _read_name(self, parts: Parts) -> bool:
        assert self._shape.format is not None
        name, found, rest = self._buffer.partition(self._shape.format.between)
        if not found:
            return False
        self._buffer = rest
        self._begin_call(parts, name)
        return True

    def _read_arguments(self, parts: Parts) -> bool:
        arguments, self._buffer = self._arguments.read(self._buffer)
        parts.calls += self._written.add(arguments)
        if not self._arguments.is_whole:
            return False
        parts.calls += self._written.end()
        if self._written.has_repetition:
            self._state = self._read_nothing
            return True
        self._state = self._read_object_end if self._is_object else self._read_after
        return True

    def _read_nothing(self, parts: Parts) -> bool:
        self._buffer = ""
        return False

    def _read_object_end(self, parts: Parts) -> bool:
        return self._skip(_BRACE, self._read_fence)

    def _read_fence(self, parts: Parts) -> bool:
        self._calls = self._calls if self._shape.parallel else None
        self._after_space = self._read_text
        return self._skip(_FENCE, self._skip_space)

    def _skip(self, pattern: regex.Pattern[str], state: Callable[[Parts], bool]) -> bool:
        """Leave out what the pattern matches here, if anything, and go on with the state."""
        match = pattern.match(self._buffer, partial=True)
        if match is not None and match.partial:
            return False
        self._buffer = self._buffer[0 if match is None else match.end() :]
        self._state = state
        return True

    def _read_after(self, parts: Parts) -> bool:
        assert self._shape.format is not None
        return self._expect(self._shape.format.after, self._read_next)

    def _read_next(self, parts: Parts) -> bool:
        format = self._shape.format
        assert format is not None
        if format.separator is not None:
            following = format.separator + format.before
            if self._buffer.startswith(following) or following.startswith(self._buffer):
                return self._expect(following, self._read_name)
        self._after_space = self._read_text
        return self._expect(format.closing, self._skip_space)

    def _skip_space(self, parts: Parts) -> bool:
        self._buffer = self._buffer.lstrip()
        if self._buffer:
            self._state = self._after_space
        return bool(self._buffer)

    def _skip_space_to(self, state: Callable[[Parts], bool]) -> bool:
        self._after_space, self._state = state, self._skip_space
        return True

    def _expect(self, words: str, state: Callable[[Parts], bool]) -> bool:
        """Read these words and go on with the state. Other words are text."""
        if self._buffer.startswith(words):
            self._buffer, self._state = self._buffer[len(words) :], state
            return True
        if words.startswith(self._buffer):
            return False
        self._calls = None
        self._state = self._read_text
        return True

    def _take_until(self, pattern: regex.Pattern[str]) -> tuple[str, regex.Match[str] | None]:
        """The text before the pattern, as far as it is certain, and the match if it is whole."""
        match = pattern.search(self._buffer, partial=True)
        if match is None:
            text, self._buffer = self._buffer, ""
            return text, None
        text = self._buffer[: match.start()]
        self._buffer = self._buffer[match.start() if match.partial else match.end() :]
        return text, None if match.partial else match


_BRACE = regex.compile(rf"{SPACE}\}}")
_FENCE = regex.compile(f"{SPACE}```")
