"""Quotes in a sentence: what they quote is the same when the sentence goes into a branch of a message."""

from collections.abc import Sequence
from html import unescape
from itertools import pairwise

from service.tasks.translation.documents.fragments.fragment import Fragment
from service.tasks.translation.documents.marks.branch_text import NumberSign
from service.tasks.translation.documents.messages.syntax import FoundMessage, PatternText, read_pattern


def keeps_quotes(sentence: Sequence[Fragment], sign: NumberSign) -> bool:
    """Whether the quotes in a sentence are what they were, now that the sentence stands in a branch.

    An apostrophe that has come to stand before syntax would quote it, and two quotes side by side would be one.
    """
    if any(one.source.endswith("'") and other.source.startswith("'") for one, other in pairwise(sentence)):
        return False
    sources = [fragment.source for fragment in sentence]
    return _are_apart(sources, sign) and _are_apart([unescape(source) for source in sources], sign)


def _are_apart(sources: Sequence[str], sign: NumberSign) -> bool:
    """Whether the same is quoted in a branch of these parts as in each of them."""
    alone = [_quoted(f"{source} ", sign) for source in sources]
    whole = _quoted("".join(sources), sign)
    return whole is not None and whole == [part for parts in alone for part in parts or ()] and None not in alone


def _quoted(branch: str, sign: NumberSign) -> list[str] | None:
    """The quoted parts of a branch's text; None if it has a message, or an open brace or quote."""
    text = f"{{n, {'select' if sign is NumberSign.TEXT else 'plural'}, other {{{branch}}}}}"
    pattern = read_pattern(text)
    match pattern.text.messages:
        case [FoundMessage(branches=[PatternText(messages=[]) as found])] if pattern.open_quote is None:
            return [text[begin:end] for begin, end in found.quoted]
        case _:
            return None
