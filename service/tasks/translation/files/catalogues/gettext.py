"""Reads gettext's PO and POT files: messages without a translation are texts, all others are kept.

The first plural form is translated from the singular, the others from the plural. A file with one form has the plural.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from service.errors import MalformedFile
from service.tasks.translation.files.catalogues.c_escapes import escape, unescape
from service.tasks.translation.files.encoding import decode, find_codec
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import has_words
from service.tasks.translation.files.spliced import Render, Slot, SplicedFile, TargetSlot

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\n|\r)?+")
_STRING = r'"(?:[^"\\]|\\.)*+"'
_FIELD = re.compile(
    rf"[ \t]*+(?:(?P<name>msgctxt|msgid_plural|msgid|msgstr(?:\[[0-9]{{1,3}}\])?+)[ \t]*+)?(?P<value>{_STRING})\s*+"
)
_CHARSET = re.compile(rb"charset=([A-Za-z0-9_.:-]{1,40})")
_LANGUAGE = re.compile(r"Language:[ \t]*+(?P<code>[^\\\"\n]*+)(?=\\n|\")")


@dataclass(slots=True)
class _Entry:
    """A message. ``strings`` are the places of the string literals of each of its fields."""

    strings: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    is_fuzzy: bool = False

    def value(self, source: str, name: str) -> str:
        return "".join(unescape(source[begin + 1 : end - 1]) for begin, end in self.strings.get(name, ()))

    @property
    def forms(self) -> list[str]:
        """The names of the fields for translations, in their order."""
        return [name for name in self.strings if name.startswith("msgstr")]


def read_gettext(data: bytes) -> SplicedFile[str]:
    """Read a catalogue, in the encoding that its header names. Raises MalformedFile, with the line that is wrong."""
    decoded = decode(data, _codec(data))
    source = decoded.text
    newline = "\r\n" if "\r\n" in source else "\n"
    slots: list[Slot[str]] = []
    targets: list[TargetSlot[str]] = []
    for entry in _entries(source):
        if entry.strings.get("msgid") and not entry.value(source, "msgid") and "msgctxt" not in entry.strings:
            targets += _language_slots(source, entry, newline)
        elif not entry.is_fuzzy and not any(entry.value(source, form) for form in entry.forms):
            slots += _entry_slots(source, entry, newline)
    return SplicedFile(data, source, decoded.encode, slots, targets)


def _codec(data: bytes) -> str:
    found = _CHARSET.search(data[:20_000])
    name = found[1].decode() if found else "utf-8"
    if name == "CHARSET":  # what templates have in its place
        return "utf-8"
    return find_codec(name)


def _entries(source: str) -> Iterator[_Entry]:
    entry = _Entry()
    name = ""
    for number, match in enumerate(_LINE.finditer(source), 1):
        line = match[0]
        stripped = line.strip()
        if stripped.startswith("#"):
            if entry.forms:
                yield entry
                entry = _Entry()
            if stripped.startswith("#,"):
                entry.is_fuzzy = entry.is_fuzzy or "fuzzy" in re.split(r"[,\s]+", stripped)
            elif stripped.startswith("#."):
                entry.comments.append(stripped[2:].strip())
            continue
        if not stripped:
            continue
        found = _FIELD.fullmatch(source, match.start(), match.end())
        if found is None:
            raise MalformedFile(f"line {number} is neither a comment nor a field of a message")
        if found["name"] is not None:
            if (found["name"] in entry.strings or not found["name"].startswith("msgstr")) and entry.forms:
                yield entry
                entry = _Entry()
            name = found["name"]
            if name in entry.strings or (name.startswith("msgstr") and "msgid" not in entry.strings):
                raise MalformedFile(f"{name} in line {number} does not belong to a message")
        elif not name:
            raise MalformedFile(f"line {number} does not belong to a message")
        entry.strings.setdefault(name, []).append(found.span("value"))
    if entry.forms:
        yield entry


def _entry_slots(source: str, entry: _Entry, newline: str) -> Iterator[Slot[str]]:
    context = "\n".join(filter(None, [entry.value(source, "msgctxt"), *entry.comments]))
    forms = entry.forms
    singular, plural = entry.value(source, "msgid"), entry.value(source, "msgid_plural")
    groups = [(singular, forms)]
    if plural:
        groups = [(singular, forms[:1]), (plural, forms[1:])] if len(forms) > 1 else [(plural, forms)]
    for text, names in groups:
        if has_words(text):
            places = [(entry.strings[name][0][0], entry.strings[name][-1][1]) for name in names]
            begin, end = places[0][0], places[-1][1]
            yield Slot(begin, end, FileText(text, context=context), _writer(source, text, places, newline))


def _writer(source: str, text: str, places: list[tuple[int, int]], newline: str) -> Callable[[str, Render[str]], str]:
    """Writes a translation at all ``places``. msgfmt wants a line break at its edges if the message has one there."""
    before, after = ("\n" if text.startswith("\n") else ""), ("\n" if text.endswith("\n") else "")

    def write(translation: str, _: Render[str]) -> str:
        lines = f"{before}{translation.strip(chr(10))}{after}".splitlines(keepends=True)
        quoted = [f'"{escape(line)}"' for line in lines]
        literal = newline.join(quoted if len(quoted) == 1 else ['""', *quoted])
        parts = [literal]
        for (_begin, end), (following, _end) in pairwise(places):
            parts += [source[end:following], literal]
        return "".join(parts)

    return write


def _language_slots(source: str, entry: _Entry, newline: str) -> Iterator[TargetSlot[str]]:
    """The place of the header's language, which is added if there is none. Another region of it is kept."""
    places = entry.strings.get("msgstr", [])
    for begin, end in places:
        if (found := _LANGUAGE.search(source, begin, end)) is not None:
            code = found["code"].strip()

            def name(target: str, code: str = code) -> str:
                same = re.split("[-_]", code)[0].lower() == target.split("-")[0].lower()
                return f"Language: {code if same else target.replace('-', '_')}"

            yield TargetSlot(found.start(), found.end(), name)
            return
    if len(places) > 1:
        end = places[-1][1]
        yield TargetSlot(end, end, lambda target: f'{newline}"Language: {target.replace("-", "_")}\\n"')
