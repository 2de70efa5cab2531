r"""Reads Android's ``strings.xml``: strings, items of arrays, and items of plurals.

What is marked as not translatable is kept, as are references to other resources. Android has escapes of its own in the
text of XML (``\'``, ``\n``), and collapses white space. HTML in a CDATA section stays in it.
"""

import re
from collections.abc import Iterator

from service.errors import MalformedFile
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import CodeKind, has_words
from service.tasks.translation.files.markup.passage import Passage, PassageSyntax
from service.tasks.translation.files.markup.xml_events import EventKind, XmlEvent, decode_xml, xml_events
from service.tasks.translation.files.spliced import Slot, SplicedFile

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\s\S]))|\"")
_MUST_ESCAPE = re.compile(r"[\\'\"\n\t]|^[@?]")
_REFERENCE = re.compile(r"[@?][\w:.+/]*")
_CHARACTERS = {"n": "\n", "t": "\t"}
_ESCAPES = {"\n": "\\n", "\t": "\\t"}
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        digits, other = match.groups()
        return chr(int(digits, 16)) if digits else _CHARACTERS.get(other, other) if other else ""

    return _ESCAPE.sub(character, text)


def _escape(text: str) -> str:
    return _MUST_ESCAPE.sub(lambda match: _ESCAPES.get(match[0], f"\\{match[0]}"), text)


_SYNTAX = PassageSyntax(repeats=lambda element: True, decode=_unescape, encode=_escape)


def read_android(data: bytes) -> SplicedFile[bytes]:
    """Read strings. Raises MalformedFile if the file is not XML with the root ``resources``."""
    document = decode_xml(data)
    return SplicedFile(data, document.source, document.encode, list(_slots(document.source)))


def _slots(source: bytes) -> Iterator[Slot[bytes]]:
    opened: list[str] = []
    kept_depth = 0  # of the element that is not translated
    passage: Passage | None = None
    depth = 0  # of the string that is open
    content: list[XmlEvent] = []
    comment = ""
    for event in xml_events(source, may_declare_entities=True):
        if event.kind is EventKind.START:
            opened.append(event.name)
            if len(opened) == 1 and event.name != "resources":
                raise MalformedFile("its root is not <resources>")
            if passage is not None:
                passage.start(event, kept=CodeKind.ALONE if event.space else None)  # xliff:g
                content.append(event)
            elif kept_depth or event.attributes.get("translatable") == "false":
                kept_depth = kept_depth or len(opened)
            elif (len(opened) == 2 and event.name == "string") or (
                len(opened) == 3 and event.name == "item" and opened[1] in ("plurals", "string-array")
            ):
                passage, depth, content = Passage(source, _SYNTAX), len(opened), []
        elif event.kind is EventKind.END:
            if kept_depth == len(opened):
                kept_depth = 0
            elif passage is not None and depth == len(opened):
                slot = _cdata_slot(source, content, comment) or passage.slot(comment)
                if slot is not None and not _REFERENCE.fullmatch(slot.text.text):
                    yield slot
                passage = None
            elif passage is not None:
                passage.end(event)
            opened.pop()
            comment = "" if passage is None and len(opened) == 1 else comment
        elif passage is not None:
            passage.inside(event)
            content.append(event)
        elif source.startswith(b"<!--", event.begin):
            comment = source[event.begin + 4 : event.end].split(b"-->")[0].decode().strip()


def _cdata_slot(source: bytes, content: list[XmlEvent], comment: str) -> Slot[bytes] | None:
    """The slot of a string that is one CDATA section, with the HTML in it."""
    section = [event for event in content if event.in_cdata]
    others = [event for event in content if not event.in_cdata]
    if not section or any(event.text.strip() or event.kind is not EventKind.TEXT for event in others):
        return None
    begin, end = section[0].begin + len("<![CDATA["), section[-1].begin
    text = _unescape(source[begin:end].decode())
    if b"]]>" in source[begin:end] or not has_words(text):
        return None
    return Slot(
        begin,
        end,
        FileText(text, "html" if _TAG.search(text) else "text", comment),
        lambda translation, _: _escape(translation).replace("]]>", "]]&gt;").encode(),
    )
