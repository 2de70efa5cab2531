"""Segments of a window: its tokens between timestamps, and where the next window begins.

As transformers' ``generate`` for long recordings: two timestamps stand between segments, what follows the last pair is
not finished, and the next window begins there. A single timestamp at the end says that nobody speaks behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.speech.checkpoint import FRAMES_PER_TIMESTAMP, TIMESTAMP_SECONDS


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens of a window, with its timestamps. ``start`` and ``end`` are seconds from the beginning of the window."""

    start: float
    end: float
    tokens: tuple[int, ...]


def cut(tokens: Sequence[int], first_timestamp: int, num_frames: int) -> tuple[list[Segment], int]:
    """The segments of a window, and the frames up to the beginning of the next window, at least one.

    ``tokens`` are without the end token; ``num_frames`` are those of the window that have sound of the recording.
    """
    is_time = [token >= first_timestamp for token in tokens]
    ends = [place for place in range(1, len(tokens)) if is_time[place - 1] and is_time[place]]
    if not ends:
        return [_whole(tokens, is_time, first_timestamp, num_frames)], num_frames
    is_single = is_time[-2:] == [False, True]
    if is_single:
        ends.append(len(tokens))
    else:
        ends[-1] += 1  # the last segment keeps both timestamps of the pair
    segments, begin = [], 0
    for end in ends:
        last = end - 2 if end == ends[-1] and not is_single else end - 1
        times = (tokens[begin] - first_timestamp, tokens[last] - first_timestamp)
        start_seconds, end_seconds = (time * TIMESTAMP_SECONDS for time in times)
        segments.append(Segment(start_seconds, end_seconds, tuple(tokens[begin:end])))
        begin = end
    if is_single:
        return segments, num_frames
    advance = (tokens[begin - 2] - first_timestamp) * FRAMES_PER_TIMESTAMP
    return segments, advance if advance > 0 else num_frames


def _whole(tokens: Sequence[int], is_time: Sequence[bool], first_timestamp: int, num_frames: int) -> Segment:
    """The window as one segment. It ends with its last timestamp, unless that is the beginning."""
    end = num_frames // FRAMES_PER_TIMESTAMP
    times = [token for token, given in zip(tokens, is_time, strict=True) if given]
    if times and times[-1] != first_timestamp:
        end = times[-1] - first_timestamp
    return Segment(0.0, end * TIMESTAMP_SECONDS, tuple(tokens))
