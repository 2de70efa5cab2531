"""The last part of Ollama's answers: counts of tokens, and durations in nanoseconds."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

from service.tasks.conversation.turns import Turns
from service.tasks.generation.completion import Completion


class GenerationStatistics(TypedDict):
    """The fields about a whole text."""

    total_duration: int
    load_duration: int
    prompt_eval_count: int
    prompt_eval_duration: int
    eval_count: int
    eval_duration: int


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """The time since a request arrived."""

    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def statistics(self, work: Completion | Turns) -> GenerationStatistics:
        """The statistics of a text. The load is the time until it was queued: mostly that of the model."""
        total, timings, usage = self.seconds, work.timings, work.usage
        first = timings.total_seconds if timings.ttft_seconds is None else timings.ttft_seconds
        return GenerationStatistics(
            total_duration=nanoseconds(total),
            load_duration=nanoseconds(total - timings.total_seconds),
            prompt_eval_count=usage.prompt_tokens,
            prompt_eval_duration=nanoseconds(first - timings.queue_seconds),
            eval_count=usage.completion_tokens,
            eval_duration=nanoseconds(timings.total_seconds - first),
        )


def nanoseconds(seconds: float) -> int:
    """At least 1: clients divide by durations."""
    return max(1, round(seconds * 1e9))


def now() -> str:
    """The time as Ollama writes it."""
    return timestamp(datetime.now(UTC))


def timestamp(moment: datetime) -> str:
    """A time in UTC as Ollama writes it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
