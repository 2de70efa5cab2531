"""Which beginnings of spans are continued: the likeliest of all windows, and some of every window.

The likeliest ones alone could all be in windows that are about something else, since a small model is as sure of wrong
answers as of right ones. So no window that is read is left out, and the most relevant ones have more places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.tasks.answering.documents.windows import Window
from service.tasks.answering.extraction.passage import PartialSpan, Passage

_PLACES = (3, 2, 2)  # beginnings of the most relevant windows that are continued at least; 1 of each other window


@dataclass(frozen=True, slots=True)
class WindowPrompt:
    """A window, the tokens of the prompt that asks about it, and its rank by relevance: 0 for the most relevant."""

    window: Window
    tokens: tuple[int, ...]
    rank: int

    @property
    def places(self) -> int:
        """How many beginnings of the window are continued, however unlikely they are beside those of other windows."""
        return _PLACES[self.rank] if self.rank < len(_PLACES) else 1


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """A first token for spans of a passage, with the spans that it begins and its log probability."""

    prompt: WindowPrompt
    passage: Passage
    token: int
    partials: Sequence[PartialSpan]
    logprob: float


def most_continued(prompts: Sequence[WindowPrompt], beam: int) -> int:
    """The most beginnings that are continued."""
    return beam if len(prompts) == 1 else beam + sum(prompt.places for prompt in prompts)


def choose_beginnings(of_windows: Sequence[Sequence[Beginning]], beam: int) -> Iterator[Beginning]:
    """The ``beam`` likeliest beginnings of all windows, and those that fill the places of each window."""
    ordered = [sorted(window, key=lambda each: -each.logprob) for window in of_windows]
    likeliest = sorted((each for window in ordered for each in window[:beam]), key=lambda each: -each.logprob)[:beam]
    yield from likeliest
    if len(ordered) > 1:
        for window in ordered:
            yield from (each for each in window[: window[0].prompt.places if window else 0] if each not in likeliest)
