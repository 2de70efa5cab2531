"""The completions of one model."""

from service.engine.protocol.outputs import FinishReason
from service.metrics.series import DURATION, LATENCY, PER_TOKEN, TOKENS, ModelSeries
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

        self._prefill = series.histogram(
            "trivium_prefill_duration_seconds", "Time from a completion's first step to its first token.", LATENCY
        )
        self._decode = series.histogram(
            "trivium_decode_duration_seconds", "Time from a completion's first token to its end.", DURATION
        )
        self._inference = series.histogram(
            "trivium_inference_duration_seconds", "Time from a completion's first step to its end.", DURATION
        )
        self._tpot = series.histogram(
            "trivium_time_per_output_token_seconds",
            "Mean time between the tokens of a completion with one sequence.",
            PER_TOKEN,
        )
        self._prompt_length = series.histogram(
            "trivium_completion_prompt_tokens", "Prompt tokens of each finished completion.", TOKENS
        )
        self._generated_length = series.histogram(
            "trivium_completion_generated_tokens", "Generated tokens of each finished completion.", TOKENS
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
        """A completion has ended. If it was aborted before its first token, no phase of it is recorded."""
        self._prompt.inc(usage.prompt_tokens)
        self._cached.inc(usage.cached_tokens)
        for reason in finish:
            self._finished[reason].inc()
        self._prompt_length.observe(usage.prompt_tokens)
        self._generated_length.observe(usage.completion_tokens)
        if timings.ttft_seconds is not None:
            decode = timings.total_seconds - timings.ttft_seconds
            self._queue.observe(timings.queue_seconds)
            self._prefill.observe(timings.ttft_seconds - timings.queue_seconds)
            self._decode.observe(decode)
            self._inference.observe(timings.total_seconds - timings.queue_seconds)
            if len(finish) == 1 and usage.completion_tokens > 1:
                self._tpot.observe(decode / (usage.completion_tokens - 1))
        if timings.largest_gap_seconds is not None:
            self._largest_gap.observe(timings.largest_gap_seconds)
        self._e2e.observe(timings.total_seconds)
