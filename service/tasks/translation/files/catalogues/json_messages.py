"""Reads JSON files of messages: the strings that are values are texts, keys never.

In Flutter's ARB files, what begins with ``@`` describes messages. In a browser extension's ``messages.json``, only
``message`` is shown. Other JSON files have no such rules.
"""

import json
import re
from collections.abc import Iterator

from service.errors import MalformedFile
from service.tasks.translation.files.encoding import decode
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import has_words
from service.tasks.translation.files.spliced import Render, Slot, SplicedFile, TargetSlot

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],]')
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
_Path = tuple[str, ...]  # the keys from the root; "" stands for a place in a list


def read_json(data: bytes) -> SplicedFile[str]:
    """Read messages. Raises MalformedFile if the file is not JSON."""
    decoded = decode(data)
    source = decoded.text
    try:
        content = json.loads(source)
    except RecursionError:
        raise MalformedFile("it is nested too deeply") from None
    except ValueError as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise MalformedFile(f"it is not JSON{place}") from None
    of_extension = _is_of_extension(content)
    in_ascii = source.isascii() and "\\u" in source

    def write(translation: str, _: Render[str]) -> str:
        return json.dumps(translation, ensure_ascii=in_ascii)

    slots: list[Slot[str]] = []
    targets: list[TargetSlot[str]] = []
    for path, begin, end in _values(source):
        if path == ("@@locale",):
            targets.append(TargetSlot(begin, end, lambda target: json.dumps(target.replace("-", "_"))))
        if path[:1] and path[0].startswith(("@", "$")):
            continue
        if of_extension and (len(path) != 2 or path[1] != "message"):
            continue
        text = json.loads(source[begin:end])
        if has_words(text) and not _ADDRESS.fullmatch(text):
            slots.append(Slot(begin, end, FileText(text), write))
    return SplicedFile(data, source, decoded.encode, slots, targets)


def _is_of_extension(content: object) -> bool:
    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(each, dict) and isinstance(each.get("message"), str) for each in content.values())
    )


def _values(source: str) -> Iterator[tuple[_Path, int, int]]:
    """The path of each string that is a value, and its place with the quotes. ``source`` is valid JSON."""
    path: list[str] = []
    in_object: list[bool] = []
    expects_key = False
    for match in _TOKEN.finditer(source):
        token = match[0]
        if token[0] == '"':
            if expects_key:
                path[-1] = json.loads(token)
                expects_key = False
            else:
                yield tuple(path), *match.span()
        elif token in "{[":
            path.append("")
            in_object.append(token == "{")
            expects_key = in_object[-1]
        elif token in "}]":
            path.pop()
            in_object.pop()
            expects_key = False
        else:
            expects_key = in_object[-1]
