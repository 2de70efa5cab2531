"""Invisible characters: the model does not see them, and no translation loses a mark of direction.

Hints for breaking words (soft hyphens, zero-width spaces, word joiners) belong to the words of the source, so they have
no place in a translation; at the edges of a sentence they stay. Marks of direction become markup: those that embed or
isolate a part of the text are pairs, like tags. Joiners inside words and emoji are letters and stay.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind

_HINTS = "\u00ad\u200b\u2060\ufeff\u180e"
_KINDS = {
    **dict.fromkeys(_HINTS, (FragmentKind.TEXT, "")),
    **dict.fromkeys("\u200e\u200f\u061c", (FragmentKind.TAG, "")),
    **dict.fromkeys("\u202a\u202b\u202d\u202e", (FragmentKind.OPEN, "embedding")),
    "\u202c": (FragmentKind.CLOSE, "embedding"),
    **dict.fromkeys("\u2066\u2067\u2068", (FragmentKind.OPEN, "isolate")),
    "\u2069": (FragmentKind.CLOSE, "isolate"),
}
_INVISIBLE = re.compile(f"([{''.join(_KINDS)}])")


def separate_invisible(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    """The fragments, with one of its own for each invisible character in text. A message with one is cut into parts."""
    for fragment in fragments:
        if fragment.message is not None and any(map(_has_invisible, fragment.message.parts)):
            yield from separate_invisible(fragment.message.parts)
        elif fragment.kind is not FragmentKind.TEXT or not _INVISIBLE.search(fragment.shown):
            yield fragment
        elif fragment.shown in _KINDS:
            yield _invisible(fragment, fragment.source)
        elif fragment.shown == fragment.source:
            for part in filter(None, _INVISIBLE.split(fragment.source)):
                yield replace(fragment, source=part, shown=part) if part not in _KINDS else _invisible(fragment, part)
        else:
            yield fragment


def _has_invisible(fragment: Fragment) -> bool:
    parts = fragment.message.parts if fragment.message is not None else ()
    return any(map(_has_invisible, parts)) or _INVISIBLE.search(fragment.shown) is not None


def _invisible(fragment: Fragment, source: str) -> Fragment:
    kind, name = _KINDS[fragment.shown if fragment.shown in _KINDS else source]
    return replace(fragment, kind=kind, source=source, shown="", name=name)
