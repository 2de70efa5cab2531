"""The rounds of a translation as spans: the first candidates of all segments, their branches, and the retries.

Segments reach their rounds at different times, so rounds overlap. A round lasts from its first prompt to the end of its
last candidate.
"""

import time
from dataclasses import dataclass

from service.tasks.translation.segment_candidates import SegmentCandidates
from service.traces.span import current_span, record


@dataclass(slots=True)
class _Round:
    begin: float
    end: float
    segments: int


class Rounds:
    """The rounds of one run. They are parts of the span in which this object is made."""

    def __init__(self) -> None:
        self._span = current_span()
        self._rounds: dict[str, _Round] = {}

    def begin(self, name: str, segments: int = 1) -> None:
        """Count ``segments`` more in the round of this name, which begins now unless it has begun."""
        now = time.monotonic()
        self._rounds.setdefault(name, _Round(now, now, 0)).segments += segments

    def end(self, candidates: SegmentCandidates) -> None:
        """The candidates of a segment have ended, in the round where the segment is."""
        name = "retries" if candidates.is_retried else "branches" if candidates.is_branched else "first candidates"
        self._rounds[name].end = time.monotonic()

    def close(self) -> None:
        """Tell of the rounds. Idempotent."""
        for name, each in self._rounds.items():
            record(self._span, f"translation {name}", each.begin, each.end, {"trivium.segments": each.segments})
        self._rounds.clear()
