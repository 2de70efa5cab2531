"""Copies of the inline elements of XLIFF 2 in a target: each has an id of its own and names the one that it copies.

The rules are those of its section on the duplication of codes.
"""

import re
from html import unescape

from service.tasks.translation.files.markup.tags import find_attribute, with_attribute
from service.tasks.translation.files.markup.xml_events import XmlEvent

_START_TAG = re.compile(rb"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_DATA = ("dataRef", "dataRefStart", "dataRefEnd")  # what a code is in the native format; a copy refers to it itself
_FLOWS = {"subFlows", "subFlowsStart", "subFlowsEnd"}  # texts that are in the code


def may_be_copied(element: XmlEvent) -> bool:
    """Whether a target may have copies of an element. Codes in two halves, and notes on a text, have none."""
    is_whole = element.name in ("pc", "ph", "cp")
    return is_whole and element.attributes.get("canCopy") != "no" and not element.attributes.keys() & _FLOWS


def unused_mark(source: bytes) -> bytes:
    """What may be put between an id and a number, so that it is no id of the file."""
    mark = b"-copy"
    while mark in source:
        mark += b"-"
    return mark


def copied_element(element: bytes, suffix: bytes) -> bytes:
    """A copy of an element, or of its start tag, whose id has this ``suffix``."""
    found = _START_TAG.match(element)
    if found is None or (place := find_attribute(found[0], "id")) is None:
        return element
    begin, end = place
    tag = found[0][:end] + suffix + found[0][end:]
    if not any(find_attribute(tag, name) for name in _DATA):
        tag = with_attribute(tag, "copyOf", unescape(found[0][begin:end].decode()))
    return tag + element[found.end() :]
