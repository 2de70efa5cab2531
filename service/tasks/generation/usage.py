"""The tokens and the seconds that a completion has used."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts of tokens. A prompt counts once, however many choices it has; the tokens of all choices count."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int  # of the prompt tokens: held by the prefix cache when the prompt's first choice began
    reasoning_tokens: int = 0  # of the completion tokens
    accepted_prediction_tokens: int = 0  # of the completion tokens: guessed from the prediction, and right
    rejected_prediction_tokens: int = 0  # guessed from the prediction in vain; they are in no other count

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Usage") -> "Usage":
        """The tokens of both."""
        return Usage(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the requests were queued. Where there are several sequences, the first event of any counts."""

    queue_seconds: float  # to the first step
    ttft_seconds: float | None  # to the first token; None if there was none
    total_seconds: float  # to the end, or until now
    largest_gap_seconds: float | None = None  # between two tokens of one sequence; None if no sequence had two
