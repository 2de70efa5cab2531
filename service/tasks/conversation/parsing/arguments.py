"""Read the arguments of a call as they are generated: JSON comes out, however the model writes them."""

import json
from collections.abc import Callable, Mapping
from typing import Protocol

from service.tasks.conversation.formats.parameters import ParameterFormat
from service.tasks.conversation.parsing.json_scan import JsonScan


class Arguments(Protocol):
    """The arguments of one call. ``is_whole``: they have ended."""

    is_whole: bool

    def read(self, text: str) -> tuple[str, str]:
        """New JSON of the arguments, and the rest of the text: what is not clear yet, or follows them."""


class JsonArguments:
    """Arguments that are a JSON object."""

    def __init__(self) -> None:
        self.is_whole = False
        self._scan = JsonScan()

    def read(self, text: str) -> tuple[str, str]:
        end = self._scan.find_end(text)
        self.is_whole = end is not None
        return text[:end], "" if end is None else text[end:]


class WrittenArguments:
    """Arguments that are written one by one. ``end`` follows the last of them; ``texts`` says which are texts."""

    def __init__(self, format: ParameterFormat, end: str, texts: Mapping[str, bool]) -> None:
        self.is_whole = False
        self._format = format
        self._end = end
        self._texts = texts
        self._num_written = 0
        self._scan = JsonScan()
        self._state: Callable[[str], tuple[str, str] | None] = self._read_next

    def read(self, text: str) -> tuple[str, str]:
        made = ""
        while not self.is_whole and (step := self._state(text)) is not None:
            piece, text = step
            made += piece
        return made, text

    # Each state returns the JSON that it makes and the rest of the text, or None if it has to wait for more text.

    def _read_next(self, text: str) -> tuple[str, str] | None:
        following = (self._format.separator if self._num_written else "") + self._format.before
        if any(words.startswith(text) and text != words for words in (self._end, following)):
            return None
        if text.startswith(following) and not text.startswith(self._end):
            self._state = self._read_name
            return "", text[len(following) :]
        self.is_whole = True  # if something else follows, it is found to be no end of a call
        return "}" if self._num_written else "{}", text

    def _read_name(self, text: str) -> tuple[str, str] | None:
        name, found, rest = text.partition(self._format.between)
        if not found:
            return None
        is_text = self._texts.get(name, True)
        self._scan = JsonScan()
        self._state = self._read_value if not is_text else self._read_quote if self._format.quote else self._read_text
        opening = ", " if self._num_written else "{"
        self._num_written += 1
        key = f"{opening}{json.dumps(name, ensure_ascii=False)}: "
        return f'{key}"' if is_text else key, rest

    def _read_quote(self, text: str) -> tuple[str, str] | None:
        if len(text) < len(self._format.quote):
            return None
        self._state = self._read_text
        return "", text.removeprefix(self._format.quote)

    def _read_text(self, text: str) -> tuple[str, str] | None:
        value, rest = self._until(text, self._format.end_of_text)
        made = json.dumps(value, ensure_ascii=False)[1:-1]
        if rest is None:
            return (made, text[len(value) :]) if value else None
        self._state = self._read_next
        return f'{made}"', rest

    def _read_value(self, text: str) -> tuple[str, str] | None:
        if self._format.after:
            value, rest = self._until(text, self._format.after)
        else:
            end = self._scan.find_value_end(text, self._format.separator + self._end[0])
            value, rest = text[:end], None if end is None else text[end:]
        if rest is None:
            return (value, text[len(value) :]) if value else None
        self._state = self._read_next
        return value, rest

    @staticmethod
    def _until(text: str, end: str) -> tuple[str, str | None]:
        """The text before ``end`` and the rest behind it. Without it: what is certainly before it, and None."""
        value, found, rest = text.partition(end)
        if found:
            return value, rest
        held = next((size for size in range(len(end) - 1, 0, -1) if text.endswith(end[:size])), 0)
        return text[: len(text) - held], None
