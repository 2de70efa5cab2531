"""Which beginnings of spans are continued: some of every window, and most of the most relevant one.

The likeliest of all windows together could be in windows that are about something else, since a small model is as sure
of wrong answers as of right ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.tasks.answering.documents.windows import Window
from service.tasks.answering.extraction.passage import PartialSpan, Passage

_LESS_RELEVANT = (3, 2)  # beginnings of the windows behind the most relevant one; 1 of each other window
_UNRANKED = 4  # beginnings of each window if the relevance is not known


@dataclass(frozen=True, slots=True)
class WindowPrompt:
    """A window, the tokens of the prompt that asks about it, and its rank by relevance.

    The most relevant window has the rank 0. The rank is None if the windows are not ranked.
    """

    window: Window
    tokens: tuple[int, ...]
    rank: int | None

    def places(self, beam: int) -> int:
        """How many beginnings of the window are continued at most: ``beam`` of the most relevant one."""
        if self.rank is None:
            return _UNRANKED
        return (beam, *_LESS_RELEVANT)[self.rank] if self.rank <= len(_LESS_RELEVANT) else 1


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """A first token for spans of a passage, with the spans that it begins and its log probability."""

    prompt: WindowPrompt
    passage: Passage
    token: int
    partials: Sequence[PartialSpan]
    logprob: float


def choose_beginnings(of_windows: Sequence[Sequence[Beginning]], beam: int) -> Iterator[Beginning]:
    """The likeliest beginnings of each window, as many as it has places."""
    for window in of_windows:
        likeliest = sorted(window, key=lambda each: -each.logprob)
        yield from likeliest[: likeliest[0].prompt.places(beam) if likeliest else 0]
