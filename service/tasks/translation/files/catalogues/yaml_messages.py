"""Reads YAML files of messages, such as those of Rails: the strings that are values are texts, keys never.

PyYAML reports the events of libyaml with their places. Nothing is built from them, so aliases cost nothing.
"""

import json
import re
from collections.abc import Callable, Iterator

import yaml

from service.errors import MalformedFile
from service.tasks.translation.files.encoding import decode
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import has_words
from service.tasks.translation.files.spliced import Render, Slot, SplicedFile

_MAX_DEPTH = 200
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING_TAG = "tag:yaml.org,2002:str"
_PROPERTIES = re.compile(r"(?:[&!]\S*+\s++)*+")
_BLOCK_HEADER = re.compile(r"[|>](?P<chomping>[+-]?)[ \t]*+(?:#[^\r\n]*+)?(?:\r\n|\n)")
# A plain value that every reader of YAML takes for a string, also between brackets.
_PLAIN = re.compile(r"[^\W\d_][\w ./()’…!?-]*+(?<! )")
_NOT_STRINGS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"])
_NOT_PRINTABLE = re.compile("[\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u2028\u2029]")


def read_yaml(data: bytes) -> SplicedFile[str]:
    """Read messages. Raises MalformedFile if the file is not YAML, or is nested more than 200 levels deep."""
    decoded = decode(data)
    source = decoded.text
    slots = [_slot(source, event) for event in _values(source) if has_words(event.value)]
    return SplicedFile(data, source, decoded.encode, [slot for slot in slots if slot is not None])


def _values(source: str) -> Iterator[yaml.ScalarEvent]:
    """The events of strings that are values."""
    resolver = yaml.resolver.Resolver()
    # For each open collection: whether it is a mapping whose next node is a key, None for a sequence.
    expects_key: list[bool | None] = []
    try:
        for event in yaml.parse(source, Loader=_LOADER):
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                expects_key.pop()
            if not isinstance(event, (yaml.NodeEvent, yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                continue
            if isinstance(event, yaml.NodeEvent) and len(expects_key) and expects_key[-1] is not None:
                is_key = expects_key[-1]
                expects_key[-1] = not is_key
            else:
                is_key = False
            if isinstance(event, yaml.SequenceStartEvent):
                expects_key.append(None)
            elif isinstance(event, yaml.MappingStartEvent):
                expects_key.append(True)
            elif isinstance(event, yaml.ScalarEvent) and not is_key:
                tag = event.tag or resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
                if tag == _STRING_TAG:
                    yield event
            if len(expects_key) > _MAX_DEPTH:
                raise MalformedFile(f"it is nested more than {_MAX_DEPTH} levels deep")
    except MalformedFile:
        raise
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise MalformedFile(f"it is not YAML{f' at line {mark.line + 1}' if mark else ''}") from None
    except (ValueError, RecursionError):
        raise MalformedFile("it is not YAML") from None


def _slot(source: str, event: yaml.ScalarEvent) -> Slot[str] | None:
    begin, end = event.start_mark.index, event.end_mark.index
    properties = _PROPERTIES.match(source, begin, end) if event.anchor or event.tag else None
    begin = properties.end() if properties else begin
    if event.style in ("|", ">"):
        return _block_slot(source, begin, end, event)
    style = event.style or ""

    def write(translation: str, _: Render[str]) -> str:
        if not style and _PLAIN.fullmatch(translation) and translation.lower() not in _NOT_STRINGS:
            return translation
        if style == "'" and translation.isprintable():
            return "'" + translation.replace("'", "''") + "'"
        return _quote(translation)

    return Slot(begin, end, FileText(event.value), write)


def _block_slot(source: str, begin: int, end: int, event: yaml.ScalarEvent) -> Slot[str] | None:
    """A slot for the lines after ``|`` or ``>``, without the empty ones at their end."""
    header = _BLOCK_HEADER.match(source, begin, end)
    if header is None:  # it has an indentation of its own, which is rare
        return None
    lines = source[header.end() : end].rstrip()
    first = lines.lstrip("\r\n")
    indent = first[: len(first) - len(first.lstrip(" "))]
    newline = "\r\n" if header[0].endswith("\r\n") else "\n"
    text = event.value.rstrip("\n")
    write: Callable[[str, Render[str]], str] = lambda translation, _: _write_block(  # noqa: E731
        translation, indent, newline, newline * (2 if event.style == ">" else 1)
    )
    return Slot(header.end(), header.end() + len(lines), FileText(text), write)


def _write_block(translation: str, indent: str, newline: str, between: str) -> str:
    # A line that begins with a space would change how the block is read.
    lines = [line.strip() for line in _NOT_PRINTABLE.sub(" ", translation).strip().splitlines()]
    return between.join(indent + line if line else "" for line in lines) or indent


def _quote(text: str) -> str:
    return _NOT_PRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
