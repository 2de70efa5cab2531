"""What replaces characters before a text is cut into pieces: compatibility forms, composed letters, kinds of spaces.

SentencePiece compiles the table into a double array (Aoe, 1989; the layout is that of darts-clone). At each place of a
text the longest entry counts. The normalizer of the `tokenizers` library looks at one grapheme at a time instead, so
that it misses entries before characters that join a grapheme.
"""

import re
import struct
import sys
from array import array

_PRINTABLE = range(0x20, 0x7F)
_PLAIN = re.compile("[ -~]+(?=[ -~]|$)")  # each of them has a printable character or the end of the text behind it
_LONGEST = 32  # characters of an entry
_MOST_KNOWN = 1 << 15  # characters


class CharacterTable:
    """``data`` is the table as a file of SentencePiece has it. Raises ValueError if the table is broken."""

    def __init__(self, data: bytes) -> None:
        size = struct.unpack_from("<I", data)[0] if len(data) >= 4 else -1
        if size % 1024 or not 0 < size <= len(data) - 4:
            raise ValueError("the table of characters is broken")
        self._units = array("I", data[4 : 4 + size])
        if sys.byteorder == "big":
            self._units.byteswap()
        self._texts = data[4 + size :]
        # The replacements of characters with which no longer entry begins; None for the others. Bounded.
        self._known: dict[str, str | None] = {}
        self._keeps_plain = not any(map(self._begins_in_ascii, _PRINTABLE))

    def replace(self, text: str) -> str:
        """The text with its characters replaced."""
        parts, place = [], 0
        while place < len(text):
            if self._keeps_plain and (plain := _PLAIN.match(text, place)):
                parts.append(plain[0])
                place = plain.end()
                continue
            char = text[place]
            if char not in self._known and len(self._known) < _MOST_KNOWN:
                self._known[char] = None if self._is_continued(char) else self._longest(char, 0)[0]
            replacement, length = self._known.get(char), 1
            if replacement is None:
                replacement, length = self._longest(text, place)
            parts.append(replacement)
            place += length
        return "".join(parts)

    def _longest(self, text: str, place: int) -> tuple[str, int]:
        """The replacement of the longest entry at a place, and the entry's length; without one, of the character."""
        node = self._children(0, 0)
        found, length = text[place], 1
        for count, char in enumerate(text[place : place + _LONGEST], 1):
            for byte in char.encode():
                if (unit := self._child(node, byte)) is None:
                    return found, length
                is_entry, node = self._units[unit] >> 8 & 1, self._children(unit, unit)
            if is_entry:
                start = self._units[node] & 0x7FFFFFFF
                found, length = self._texts[start : self._texts.index(0, start)].decode(), count
        return found, length

    def _is_continued(self, char: str) -> bool:
        """Whether an entry begins with this character and has more characters."""
        node = self._children(0, 0)
        for byte in char.encode():
            if (unit := self._child(node, byte)) is None:
                return False
            node = self._children(unit, unit)
        return any(self._child(node, byte) is not None for byte in range(1, 256))

    def _begins_in_ascii(self, byte: int) -> bool:
        """Whether this printable character is an entry, or is followed by another one in an entry."""
        unit = self._child(self._children(0, 0), byte)
        if unit is None:
            return False
        node = self._children(unit, unit)
        return bool(self._units[unit] >> 8 & 1) or any(self._child(node, other) is not None for other in _PRINTABLE)

    def _children(self, unit: int, place: int) -> int:
        """The node of the children of a unit."""
        value = self._units[unit]
        return place ^ (value >> 10 << ((value & 1 << 9) >> 6))

    def _child(self, node: int, byte: int) -> int | None:
        place = node ^ byte
        return place if place < len(self._units) and self._units[place] & 0x800000FF == byte else None
