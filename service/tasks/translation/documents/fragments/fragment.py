"""Fragments: the parts that the readers of the formats cut a text into."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from service.tasks.translation.documents.marks.branch_text import NumberSign
from service.tasks.translation.documents.marks.escaping import TextPlace


class FragmentKind(Enum):
    """The kinds of fragments. ``Fragment.pair`` joins an OPEN to its CLOSE."""

    TEXT = auto()  # is translated
    KEPT = auto()  # counts as words of a sentence, but is not translated
    TAG = auto()  # inline markup without a partner
    OPEN = auto()  # inline markup; its partner is the CLOSE with the same pair
    CLOSE = auto()
    BREAK = auto()  # ends the paragraph


KEPT_WORD = "Xx"  # shown in place of a KEPT fragment, so that its sentence has a word there


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a message may stand for: text in an innermost branch, where a ``#`` has the meaning ``sign``.

    ``choices`` are the branches that are chosen for it, by the keys of their messages.
    """

    fragments: "tuple[Fragment, ...]"
    sign: NumberSign
    choices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Message:
    """A message in ICU's format that may stand in a sentence, cut in two ways.

    As ``parts``, joined, its syntax is a break and each branch a paragraph. Each of its ``leaves`` is what it may stand
    for: the innermost branch, with the text of the branches around it. ``syntax`` are the strings around the leaves,
    one more than there are leaves. ``ending`` is the sign that ends a sentence in all leaves, or "". ``key`` is equal
    for messages that choose the same branch; if it is not "", the leaves are the branches.
    """

    key: str
    parts: "tuple[Fragment, ...]"
    leaves: tuple[Leaf, ...]
    syntax: tuple[str, ...]
    ending: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a text that is of one kind.

    ``shown`` is the fragment as a reader of the rendered document sees it: an entity is its character, and a run of
    white space is one space. OPEN and CLOSE find each other by ``name``; ``number_pairs`` sets their ``pair``.
    ``replacement`` replaces the source of markup in a translation, unless it is empty. ``values`` are the places in the
    source, with their quotes, of the values of attributes that are translated. ``syntax`` are the characters
    that mean something in the text, since there are messages in it or around it, and all of it is understood.

    A KEPT fragment with a ``message`` is one, one with a ``literal`` is that text in quotes of a message, and one with
    a ``number`` is the ``#`` of a plural form, or what shows the same elsewhere: the ``number``, unless it is "".
    """

    kind: FragmentKind
    source: str
    shown: str = ""
    name: str = ""
    pair: int = 0
    place: TextPlace = TextPlace.TEXT
    replacement: str = ""
    values: tuple[tuple[int, int], ...] = ()
    syntax: str = ""
    message: Message | None = None
    literal: str = ""
    number: str | None = None


def number_pairs(fragments: Iterable[Fragment]) -> list[Fragment]:
    """Number the pairs of OPEN and CLOSE that nest properly; every other OPEN and CLOSE becomes a TAG."""
    found: list[Fragment] = []
    opened: list[int] = []
    counts: dict[str, int] = {}
    pairs = 0
    for fragment in fragments:
        if fragment.kind is FragmentKind.OPEN:
            counts[fragment.name] = counts.get(fragment.name, 0) + 1
            opened.append(len(found))
        elif fragment.kind is FragmentKind.CLOSE:
            if counts.get(fragment.name, 0):
                # Tags that were opened since and not closed have no partner.
                while (begin := opened.pop()) >= 0 and (name := found[begin].name) != fragment.name:
                    counts[name] -= 1
                    found[begin] = replace(found[begin], kind=FragmentKind.TAG)
                counts[fragment.name] -= 1
                pairs += 1
                found[begin] = replace(found[begin], pair=pairs)
                fragment = replace(fragment, pair=pairs)
            else:
                fragment = replace(fragment, kind=FragmentKind.TAG)
        found.append(fragment)
    for begin in opened:
        found[begin] = replace(found[begin], kind=FragmentKind.TAG)
    return found
