"""Finds loops, in which a model repeats the same words until it is stopped."""

import re

from service.tasks.translation.language.scripts import weigh

_LONGEST_PERIOD = 64  # characters of the text that is repeated
_TIMES, _LONG_TIMES, _LONG = 4, 3, 8  # a loop is repeated 4 times, or 3 times if it has 8 characters or more
_LEAST_WEIGHT = 16  # of all repetitions together; less is an exclamation

_REPEATED = re.compile(rf"(.{{1,{_LONGEST_PERIOD}}}?)\1", re.DOTALL)


def ends_in_loop(text: str) -> bool:
    """Whether the text ends in a loop. This is cheap enough to be called while the text is written."""
    tail = text[-_LONGEST_PERIOD * _TIMES :]
    return any(
        _is_loop(tail[_repetition_start(tail, period) :], period)
        for period in range(1, len(tail) // 2 + 1)
        if tail[-period:] == tail[-2 * period : -period]
    )


def has_loop(text: str) -> bool:
    """Whether there is a loop anywhere in the text."""
    position = 0
    while match := _REPEATED.search(text, position):
        period, end = len(match[1]), match.end()
        while end < len(text) and text[end] == text[end - period]:
            end += 1
        if _is_loop(text[match.start() : end], period):
            return True
        position = max(match.start() + 1, end - period)
    return False


def _repetition_start(text: str, period: int) -> int:
    """The position from which the text repeats itself with this period up to its end."""
    start = max(len(text) - period, 0)
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    return start


def _is_loop(text: str, period: int) -> bool:
    """Whether a text that repeats itself has letters and does so often enough. Its last character may be missing."""
    times = _LONG_TIMES if period >= _LONG else _TIMES
    return len(text) >= times * period - 1 and weigh(text) >= _LEAST_WEIGHT and any(map(str.isalpha, text))
