"""Reads Apple's ``.stringsdict``: the plural forms of messages, in a property list in XML."""

import re
from collections.abc import Iterator

from service.errors import MalformedFile
from service.tasks.translation.files.inline import has_words
from service.tasks.translation.files.markup.passage import Passage, PassageSyntax
from service.tasks.translation.files.markup.xml_events import EventKind, decode_xml, xml_events
from service.tasks.translation.files.spliced import Slot, SplicedFile

_FORMS = frozenset(["zero", "one", "two", "few", "many", "other"])
_FORMAT = "NSStringLocalizedFormatKey"
_VARIABLE = re.compile(r"%(?:[0-9]+\$)?#@[^@]*@")
_SYNTAX = PassageSyntax(collapses=False)


def read_stringsdict(data: bytes) -> SplicedFile[bytes]:
    """Read plural forms. Raises MalformedFile if the file is not a property list in XML."""
    document = decode_xml(data)
    return SplicedFile(data, document.source, document.encode, list(_slots(document.source)))


def _slots(source: bytes) -> Iterator[Slot[bytes]]:
    opened: list[str] = []
    key = ""
    passage: Passage | None = None
    text = ""
    for event in xml_events(source):
        if event.kind is EventKind.START:
            if not opened and event.name != "plist":
                raise MalformedFile("it is not a property list in XML")
            opened.append(event.name)
            text, passage = "", Passage(source, _SYNTAX)
        elif event.kind is EventKind.END:
            opened.pop()
            if event.name == "key":
                key = text
            elif event.name == "string" and passage is not None:
                words = _VARIABLE.sub("", text) if key == _FORMAT else text if key in _FORMS else ""
                if has_words(words) and (slot := passage.slot()) is not None:
                    yield slot
            passage = None
        else:
            text += event.text
            if passage is not None:
                passage.inside(event)
