"""Start tags as bytes: the values of their attributes in their places."""

import html
import re

# Each match begins where the last one ends, so that no value is taken for an attribute.
_ATTRIBUTE = re.compile(rb"([^\s=/<>\"']++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")


def find_attribute(tag: bytes, name: str) -> tuple[int, int] | None:
    """Begin and end of the value in the quotes; None if ``tag`` has no such attribute."""
    for found in _ATTRIBUTE.finditer(tag):
        if found[1] == name.encode():
            return found.span(2 if found[2] is not None else 3)
    return None


def with_attribute(tag: bytes, name: str, value: str) -> bytes:
    """``tag`` with this value of an attribute, which it may have."""
    written = escape_value(value)
    if (place := find_attribute(tag, name)) is not None:
        return tag[: place[0]] + written + tag[place[1] :]
    end = len(tag.rstrip(b">").rstrip(b"/").rstrip())
    return b'%s %s="%s"%s' % (tag[:end], name.encode(), written, tag[end:])


def escape_value(value: str) -> bytes:
    """What stands between quotes of either kind for ``value``."""
    return html.escape(value, quote=True).replace("\n", "&#10;").encode()
