"""The completions of one model."""

from service.engine.protocol.outputs import FinishReason
from service.metrics.series import DURATION, LATENCY, PER_TOKEN, ModelSeries
from service.tasks.generation.usage import Timings, Usage


class CompletionMetrics:
    """An observer of completions."""

    def __init__(self, series: ModelSeries) -> None:
        self._started = series.counter("trivium_completions_started", "Completions the engine has accepted.")
        self._finished = {
            reason: series.counter("trivium_sequences_finished", "Finished sequences, by reason.", reason=reason.value)
            for reason in FinishReason
        }
        self._prompt = series.counter("trivium_prompt_tokens", "Prompt tokens of finished completions.")
        self._cached = series.counter(
            "trivium_cached_tokens", "Prompt tokens of finished completions that were in the prefix cache."
        )
        self._generated = series.counter("trivium_generated_tokens", "Generated tokens.")
        self._queue = series.histogram(
            "trivium_queue_wait_seconds", "Time a completion waited for its first step.", LATENCY
        )
        self._ttft = series.histogram(
            "trivium_time_to_first_token_seconds",
            "Time from a completion's arrival to each sequence's first token.",
            LATENCY,
        )
        self._itl = series.histogram(
            "trivium_inter_token_latency_seconds", "Time between two tokens of a sequence.", PER_TOKEN
        )
        self._largest_gap = series.histogram(
            "trivium_largest_token_gap_seconds",
            "Longest time between two tokens of a sequence, for each completion.",
            PER_TOKEN,
        )
        self._e2e = series.histogram(
            "trivium_completion_duration_seconds", "Time from a completion's arrival to its end.", DURATION
        )

    def request_started(self, id: str) -> None:
        """The engine has accepted a completion."""
        self._started.inc()

    def first_token(self, seconds: float) -> None:
        """A sequence got its first token, ``seconds`` after its completion arrived."""
        self._ttft.observe(seconds)
        self._generated.inc()

    def token_gap(self, seconds: float) -> None:
        """A sequence got another token, ``seconds`` after the one before."""
        self._itl.observe(seconds)
        self._generated.inc()

    def finished(self, usage: Usage, timings: Timings, finish: tuple[FinishReason, ...]) -> None:
        """A completion has ended. If it was aborted before its first token, no queue time is recorded."""
        self._prompt.inc(usage.prompt_tokens)
        self._cached.inc(usage.cached_tokens)
        for reason in finish:
            self._finished[reason].inc()
        if timings.ttft_seconds is not None:
            self._queue.observe(timings.queue_seconds)
        if timings.largest_gap_seconds is not None:
            self._largest_gap.observe(timings.largest_gap_seconds)
        self._e2e.observe(timings.total_seconds)
