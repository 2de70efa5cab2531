"""Attempts to decode a window: a doubtful result is decoded again with a higher temperature (Radford et al., 2022)."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MOST_COMPRESSION = 2.4  # a text that compresses better repeats itself
LEAST_LOGPROB = -1.0  # a text with a lower mean log probability is doubtful
NO_SPEECH = 0.6  # nobody speaks in a window with a doubtful text and at least this probability


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of one attempt. ``tokens`` are without the end token, whose log probability counts in the mean.

    Of a search the log probabilities are the model's, else those in the distribution over what the rules of transcripts
    allow, as in transformers.
    """

    tokens: tuple[int, ...]
    avg_logprob: float
    text: str
    temperature: float

    @property
    def compression_ratio(self) -> float:
        """How much smaller zlib makes the text."""
        data = self.text.encode()
        return len(data) / len(zlib.compress(data))

    @property
    def is_doubtful(self) -> bool:
        """Whether it should be decoded again."""
        return self.avg_logprob < LEAST_LOGPROB or self.compression_ratio > MOST_COMPRESSION


def best(attempts: Sequence[Attempt]) -> Attempt:
    """Of doubtful attempts, the likeliest that does not repeat itself; if all do, the likeliest."""
    plain = [attempt for attempt in attempts if attempt.compression_ratio <= MOST_COMPRESSION]
    return max(plain or attempts, key=lambda attempt: attempt.avg_logprob)
