"""Finds stop strings in a stream of text, and holds back text in which a stop string may have begun.

The match with the lowest start wins; of two matches with the same start, the shorter one. So the result depends on the
text alone, and not on how it is divided into pieces. Released text never has to be taken back, and a character is held
back only while the text from it on is a proper prefix of a stop string.
"""

from collections.abc import Sequence


class StopStrings:
    """Feed it text; it returns the text that is safe to send. ``matched`` is the stop string once one is found.

    Each stop string is matched by the Knuth-Morris-Pratt algorithm, so the time is linear in the text and in the
    number of stop strings, whatever their lengths.

    With ``include`` the text ends after the matched stop string, otherwise before it. Raises ValueError for an empty
    stop string.
    """

    def __init__(self, stops: Sequence[str], *, include: bool = False) -> None:
        if not all(stops):
            raise ValueError("a stop string must not be empty")
        self.matched: str | None = None
        self._include = include
        self._patterns = [_Pattern(stop) for stop in dict.fromkeys(stops)]
        self._held = ""
        self._position = 0  # of the first held character in the whole text
        self._best: tuple[int, str] | None = None  # start and text of a match; one that began earlier may still win

    def feed(self, text: str) -> str:
        """Add text. Returns the text that is now certain to be part of the answer."""
        if self.matched is not None:
            return ""
        if not self._patterns:
            return text
        end = self._position + len(self._held)
        self._held += text
        for char in text:
            end += 1
            longest = 0  # characters at the end that are a prefix of some stop string
            for pattern in self._patterns:
                if pattern.advance(char):
                    start = end - len(pattern.text)
                    if self._best is None or start < self._best[0]:
                        self._best = (start, pattern.text)
                longest = max(longest, pattern.state)
            if self._best is not None and self._best[0] <= end - longest:
                return self._finish()
        return self._release(end - longest) if text else ""

    def flush(self) -> str:
        """The text ends here. Returns what was held back, up to a match if there is one."""
        if self.matched is not None:
            return ""
        if self._best is not None:
            return self._finish()
        return self._release(self._position + len(self._held))

    def _finish(self) -> str:
        assert self._best is not None
        start, self.matched = self._best
        return self._release(start + len(self.matched) if self._include else start)

    def _release(self, position: int) -> str:
        count = position - self._position
        released, self._held = self._held[:count], self._held[count:]
        self._position = position
        return released


class _Pattern:
    """One stop string, and how much of it the text ends with."""

    __slots__ = ("_fallback", "state", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.state = 0  # length of the longest proper prefix of `text` that the fed text ends with
        self._fallback = [0]  # [i]: length of the longest proper border of text[:i + 1]
        border = 0
        for char in text[1:]:
            while border and text[border] != char:
                border = self._fallback[border - 1]
            border += text[border] == char
            self._fallback.append(border)

    def advance(self, char: str) -> bool:
        """Add one character. Returns whether the text now ends with the whole stop string."""
        state = self.state
        while state and self.text[state] != char:
            state = self._fallback[state - 1]
        state += self.text[state] == char
        matched = state == len(self.text)
        self.state = self._fallback[state - 1] if matched else state
        return matched
