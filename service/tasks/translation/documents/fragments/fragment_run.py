"""A run: fragments that follow each other, and may be cut at any place of what they show plainly."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind


class FragmentRun:
    """Fragments of which the first one begins at ``start``. Places are those of their sources in the text."""

    def __init__(self, fragments: Sequence[Fragment], start: int = 0) -> None:
        self.fragments = fragments
        self.starts = list(accumulate((len(fragment.source) for fragment in fragments), initial=start))

    @property
    def plain(self) -> str:
        """A text with the places of the source.

        An entity or a run of white space is letters or spaces there. What is no text is neither.
        """
        return "".join(map(_plain, self.fragments))

    def cut(self, begin: int, end: int) -> Iterator[Fragment]:
        """The fragments from ``begin`` to ``end``. An entity or a run of white space is never cut."""
        first, last = self.indexes(begin, end)
        for fragment, start in zip(self.fragments[first:last], self.starts[first:last], strict=True):
            low, high = max(begin - start, 0), min(end - start, len(fragment.source))
            if (low, high) == (0, len(fragment.source)):
                yield fragment
            elif low < high:
                yield replace(fragment, source=fragment.source[low:high], shown=fragment.shown[low:high])

    def indexes(self, begin: int, end: int) -> tuple[int, int]:
        """The first fragment with something between two places, and the one behind the last."""
        return bisect_right(self.starts, begin) - 1, bisect_left(self.starts, end)


def _plain(fragment: Fragment) -> str:
    if fragment.kind is not FragmentKind.TEXT:
        return "\ufffc" * len(fragment.source)
    if len(fragment.shown) == len(fragment.source):
        return fragment.shown
    return (" " if fragment.shown.isspace() else "x") * len(fragment.source)
