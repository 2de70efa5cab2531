"""Texts with layout and markup: what of them is translated, and how they are put together again."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from service.tasks.translation.documents.document import Document, Unit
from service.tasks.translation.order import Format


def read(
    text: str,
    format: Format,
    *,
    split: Callable[[str], list[tuple[int, int]]],
    protected: Mapping[str, str] = MappingProxyType({}),
) -> Document:
    parts: list[Unit | str] = []
    position = 0
    for start, end in split(text):
        if start > position:
            parts.append(text[position:start])
        parts.append(Unit(text[start:end], text[start:end], (), start, end))
        position = end
    if position < len(text):
        parts.append(text[position:])
    return Document(tuple(parts))


def restore(unit: Unit, translated: str) -> str | None:
    return translated


def force(unit: Unit, translated: str) -> str:
    return translated
