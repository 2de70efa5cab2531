"""Where JSON ends."""


class JsonScan:
    """Finds the end of a JSON value in text that comes in pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._is_escaped = False

    def find_end(self, text: str) -> int | None:
        """The place behind the object; None if the object goes on."""
        for i, character in enumerate(text):
            self._take(character)
            if self._depth <= 0 and not self._in_string and character in "}]":
                return i + 1
        return None

    def find_value_end(self, text: str, ends: str) -> int | None:
        """The place of the character that follows a value of any kind, one of ``ends``; None if the value goes on."""
        for i, character in enumerate(text):
            if self._depth == 0 and not self._in_string and character in ends:
                return i
            self._take(character)
        return None

    def _take(self, character: str) -> None:
        if self._in_string:
            if self._is_escaped:
                self._is_escaped = False
            elif character == "\\":
                self._is_escaped = True
            else:
                self._in_string = character != '"'
        elif character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
