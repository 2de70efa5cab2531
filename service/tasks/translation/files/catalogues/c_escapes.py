r"""Escapes of C in strings: ``\n``, ``\"``, ``\\`` and their like, numbers in octal and hexadecimal."""

import re

_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|([uU])([0-9a-fA-F]{4})|([\s\S]))")
_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPES = str.maketrans({
    "\\": "\\\\", '"': '\\"', **{char: f"\\{letter}" for letter, char in _CHARACTERS.items()}, "\0": ""
})  # fmt: skip


def unescape(text: str) -> str:
    """The characters of what stands between the quotes."""
    return _ESCAPE.sub(_character, text)


def escape(text: str) -> str:
    """What stands between the quotes for ``text``."""
    return text.translate(_ESCAPES)


def _character(match: re.Match[str]) -> str:
    octal, hexadecimal, _, unicode, other = match.groups()
    if octal:
        return chr(int(octal, 8))
    if hexadecimal or unicode:
        return chr(int(hexadecimal or unicode, 16))
    return _CHARACTERS.get(other, other)
