"""Reads XLIFF 1.2 and 2: sources without a translation are texts, which become targets with the state "translated".

A target that is there is kept, unless its state says that it waits for a translation. Inline elements with text in them
are pairs of codes; those that stand for native code are kept as a whole. An element may stand in several branches of a
message in 2, where a copy has an id of its own. In 1.2 it would be a second one with that id, so there it may not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from service.errors import MalformedFile
from service.tasks.translation.files.catalogues.copied_element import copied_element, may_be_copied, unused_mark
from service.tasks.translation.files.inline import CodeKind
from service.tasks.translation.files.markup.passage import Passage, PassageSyntax
from service.tasks.translation.files.markup.tags import with_attribute
from service.tasks.translation.files.markup.xml_events import EventKind, XmlEvent, decode_xml, xml_events
from service.tasks.translation.files.spliced import Render, Slot, SplicedFile, TargetSlot

_HOLDERS = frozenset(["trans-unit", "segment"])  # in 1.2 and in 2
_WAITING = frozenset(["new", "needs-translation", "initial"])
_WITH_TEXT = frozenset(["g", "mrk", "pc", "sub"])
_WITHOUT_COPIES = PassageSyntax(collapses=False)


@dataclass(slots=True)
class _Element:
    """An open element, and whether what is in it may be translated."""

    event: XmlEvent
    is_translated: bool


@dataclass(slots=True)
class _Holder:
    """A source and its target. Places are in the bytes."""

    start: XmlEvent
    passage: Passage | None = None
    source_begin: int = 0
    source_end: int = 0
    target: XmlEvent | None = None
    target_end: int = 0
    has_target: bool = False  # it has text or elements
    notes: list[str] = field(default_factory=list)


def read_xliff(data: bytes) -> SplicedFile[bytes]:
    """Read a file. Raises MalformedFile if it is not XLIFF 1.2 or 2."""
    document = decode_xml(data)
    targets: list[TargetSlot[bytes]] = []
    slots = list(_slots(document.source, targets))
    return SplicedFile(data, document.source, document.encode, slots, targets)


def _slots(source: bytes, targets: list[TargetSlot[bytes]]) -> Iterator[Slot[bytes]]:
    mark = unused_mark(source)
    with_copies = PassageSyntax(
        collapses=False, repeats=may_be_copied, copy=lambda tag, number: copied_element(tag, b"%s%d" % (mark, number))
    )
    opened: list[_Element] = []
    holder: _Holder | None = None
    depth = 0  # of the holder
    for event in xml_events(source):
        child = len(opened) - depth if holder is not None else 0  # 1 for the children of the holder
        if event.kind is EventKind.START:
            if not opened and event.name != "xliff":
                raise MalformedFile("it is not XLIFF")
            inherited = opened[-1].is_translated if opened else True
            opened.append(
                _Element(event, {"no": False, "yes": True}.get(event.attributes.get("translate", ""), inherited))
            )
            if event.name in ("xliff", "file"):
                targets += _language_slots(source, event)
            if event.name in _HOLDERS and holder is None and opened[-1].is_translated:
                holder, depth = _Holder(event), len(opened)
            elif holder is not None and child == 0 and event.name in ("source", "seg-source"):
                holder.passage = Passage(source, with_copies if holder.start.name == "segment" else _WITHOUT_COPIES)
                holder.source_begin = event.begin
            elif holder is not None and child == 0 and event.name == "target":
                holder.target = event
            elif holder is not None and child > 0 and _is_in(opened, depth, "source", "seg-source"):
                assert holder.passage is not None
                holder.passage.start(event, kept=None if event.name in _WITH_TEXT else CodeKind.ALONE)
        elif event.kind is EventKind.END:
            opened.pop()
            if holder is None:
                continue
            child -= 1
            if child < 0:
                if (slot := _slot(source, holder)) is not None:
                    yield slot
                holder = None
            elif child == 0 and event.name in ("source", "seg-source"):
                holder.source_end = event.end
            elif child == 0 and event.name == "target":
                holder.target_end = event.end
            elif child > 0 and _is_in(opened, depth, "source", "seg-source"):
                assert holder.passage is not None
                holder.passage.end(event)
        elif holder is not None and child > 0:
            if _is_in(opened, depth, "source", "seg-source"):
                assert holder.passage is not None
                holder.passage.inside(event)
            elif _is_in(opened, depth, "note"):
                holder.notes.append(event.text.strip())
            elif _is_in(opened, depth, "target"):
                holder.has_target = holder.has_target or bool(event.text.strip())


def _is_in(opened: list[_Element], depth: int, *names: str) -> bool:
    """Whether the open child of the holder has one of these names."""
    return len(opened) > depth and opened[depth].event.name in names


def _slot(source: bytes, holder: _Holder) -> Slot[bytes] | None:
    start = holder.start
    state = (start if start.name == "segment" else holder.target or start).attributes.get("state", "")
    passage = holder.passage
    if passage is None or start.attributes.get("approved") == "yes" or (holder.has_target and state not in _WAITING):
        return None
    slot = passage.slot(" ".join(filter(None, holder.notes)))
    if slot is None:
        return None
    tag = source[start.begin : start.end]
    end = holder.target_end if holder.target else holder.source_end

    def write(translation: str, render: Render[bytes]) -> bytes:
        written = slot.write(translation, render)
        opening = source[holder.source_begin : source.index(b">", holder.source_begin) + 1]
        found = re.match(rb"<((?:[^\s:>]+:)?)", opening)
        name = (found[1] if found else b"") + b"target"
        before = source[start.end : holder.target.begin if holder.target else holder.source_end]
        if start.name == "segment":
            return b"%s%s%s<%s>%s</%s>" % (
                with_attribute(tag, "state", "translated"), before, _indent(source, holder), name, written, name
            )  # fmt: skip
        old = source[holder.target.begin : holder.target.end] if holder.target else b"<%s>" % name
        opened = with_attribute(old.rstrip(b">").rstrip(b"/") + b">", "state", "translated")
        return b"%s%s%s%s%s</%s>" % (tag, before, _indent(source, holder), opened, written, name)

    return Slot(start.begin, end, slot.text, write)


def _indent(source: bytes, holder: _Holder) -> bytes:
    """The white space before a new target: what stands before the source."""
    if holder.target is not None:
        return b""
    before = source[: holder.source_begin][-200:]
    return before[len(before.rstrip(b" \t\r\n")) :]


def _language_slots(source: bytes, event: XmlEvent) -> Iterator[TargetSlot[bytes]]:
    """The start tag that names the language of the targets; another region of that language is kept."""
    is_new = event.name == "xliff" and event.attributes.get("version", "").startswith("2")
    if event.name != "file" and not is_new:
        return
    if event.name == "file" and "original" not in event.attributes and "source-language" not in event.attributes:
        return
    name = "trgLang" if is_new else "target-language"
    code = event.attributes.get(name, "")
    tag = source[event.begin : event.end]

    def write(target: str) -> bytes:
        same = re.split("[-_]", code)[0].lower() == target.split("-")[0].lower()
        return tag if same else with_attribute(tag, name, target)

    yield TargetSlot(event.begin, event.end, write)
