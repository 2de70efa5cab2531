"""The service's Prometheus metrics. The only module that imports prometheus-client.

Each ``Metrics`` has a registry of its own, in the API process; the engine reports through ``StepStats``. Names and
labels are a promise to dashboards and alert rules, and a test compares them. No label identifies a client, a user or a
text, and every label has a bounded set of values.
"""

from http import HTTPMethod

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

import service
from service.encoder.messages import BatchStats, EncoderInfo
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import FinishReason, StepStats
from service.tasks.generation.usage import Timings, Usage
from service.tasks.translation import Flag

# From a token on a GPU (milliseconds) to a long prompt on two CPU cores (a minute).
_LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_DURATION = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_PER_TOKEN = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5)
_TOKENS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


def method_label(method: str) -> str:
    """A method that HTTP defines, or OTHER: a client may send any word."""
    return method if method in HTTPMethod.__members__ else "OTHER"


class Metrics:
    """The service's series, and one method for each kind of event that changes them.

    It implements the observers of completions, translations and child processes. The API process reports HTTP
    responses and the state of the engine and the reader.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # its extra series double the size of every scrape
        self._registry = r = CollectorRegistry()

        self._http = Counter("trivium_http_requests", "HTTP responses.", ["route", "method", "status"], registry=r)
        self._refused = Counter(
            "trivium_keys_refused", "Requests refused because of their key, by reason.", ["reason"], registry=r
        )
        self._http_seconds = Histogram(
            "trivium_http_request_duration_seconds",
            "Time from an HTTP request's arrival to the last byte of its response.",
            ["route"],
            buckets=_DURATION,
            registry=r,
        )

        self._started = Counter("trivium_completions_started", "Completions the engine has accepted.", registry=r)
        self._finished = Counter("trivium_sequences_finished", "Finished sequences, by reason.", ["reason"], registry=r)
        self._prompt = Counter("trivium_prompt_tokens", "Prompt tokens of finished completions.", registry=r)
        self._cached = Counter(
            "trivium_cached_tokens", "Prompt tokens of finished completions that were in the prefix cache.", registry=r
        )
        self._generated = Counter("trivium_generated_tokens", "Generated tokens.", registry=r)
        self._queue = Histogram(
            "trivium_queue_wait_seconds", "Time a completion waited for its first step.", buckets=_LATENCY, registry=r
        )
        self._ttft = Histogram(
            "trivium_time_to_first_token_seconds",
            "Time from a completion's arrival to each sequence's first token.",
            buckets=_LATENCY,
            registry=r,
        )
        self._itl = Histogram(
            "trivium_inter_token_latency_seconds",
            "Time between two tokens of a sequence.",
            buckets=_PER_TOKEN,
            registry=r,
        )
        self._largest_gap = Histogram(
            "trivium_largest_token_gap_seconds",
            "Longest time between two tokens of a sequence, for each completion.",
            buckets=_PER_TOKEN,
            registry=r,
        )
        self._e2e = Histogram(
            "trivium_completion_duration_seconds",
            "Time from a completion's arrival to its end.",
            buckets=_DURATION,
            registry=r,
        )

        self._segments = Counter("trivium_translation_segments", "Segments that were translated.", registry=r)
        self._retried = Counter(
            "trivium_translation_retries", "Segments that were translated a second time.", registry=r
        )
        self._flags = Counter(
            "trivium_translation_flags", "Flags of translated segments, by kind.", ["flag"], registry=r
        )

        self._step_seconds = Histogram(
            "trivium_step_duration_seconds", "Time of an engine step.", buckets=_PER_TOKEN, registry=r
        )
        self._step_tokens = Histogram(
            "trivium_step_tokens", "Tokens computed in an engine step.", buckets=_TOKENS, registry=r
        )
        self._computed = Counter(
            "trivium_computed_tokens", "Tokens computed by the engine, by phase.", ["phase"], registry=r
        )
        self._running = Gauge("trivium_sequences_running", "Sequences in the engine's current batch.", registry=r)
        self._waiting = Gauge("trivium_sequences_waiting", "Sequences waiting for a place in the batch.", registry=r)
        self._kv_used = Gauge("trivium_kv_cache_usage_ratio", "Share of the KV cache's blocks in use.", registry=r)
        self._kv_tokens = Gauge("trivium_kv_cache_capacity_tokens", "Tokens the KV cache can hold.", registry=r)
        self._preempted = Counter("trivium_preemptions", "Sequences preempted because KV blocks ran out.", registry=r)
        self._queried = Counter(
            "trivium_prefix_cache_queried_tokens", "Prompt tokens looked up in the prefix cache.", registry=r
        )
        self._hit = Counter("trivium_prefix_cache_hit_tokens", "Prompt tokens found in the prefix cache.", registry=r)

        self._batch_seconds = Histogram(
            "trivium_reader_batch_duration_seconds", "Time of a reader batch.", buckets=_PER_TOKEN, registry=r
        )
        self._windows = Counter("trivium_reader_windows", "Windows of documents the reader has read.", registry=r)
        self._window_tokens = Counter(
            "trivium_reader_tokens", "Tokens of the windows that the reader has read.", registry=r
        )
        self._windows_waiting = Gauge("trivium_reader_windows_waiting", "Windows waiting for the reader.", registry=r)
        self._reader_up = Gauge("trivium_reader_up", "1 while the reader is ready.", registry=r)
        self._reader = Info("trivium_reader", "The running reader.", registry=r)

        self._deaths = Counter(
            "trivium_process_deaths", "Deaths of engine and reader, by cause.", ["process", "cause"], registry=r
        )
        self._replayed = Counter(
            "trivium_replayed_requests", "Requests that continued in a new process.", ["process"], registry=r
        )
        self._recovery = Histogram(
            "trivium_recovery_duration_seconds",
            "Time from a death of engine or reader until the new process is ready.",
            ["process"],
            buckets=_DURATION,
            registry=r,
        )

        self._up = Gauge("trivium_engine_up", "1 while the engine is ready.", registry=r)
        self._startup = Gauge(
            "trivium_startup_duration_seconds", "Time of the engine's start, by phase.", ["phase"], registry=r
        )
        self._engine = Info("trivium_engine", "The running engine.", registry=r)
        Info("trivium_build", "The version of the service.", registry=r).info({"version": service.__version__})

    def observe_http(self, route: str, method: str, status: int, seconds: float) -> None:
        """A response has ended, ``seconds`` after its request arrived. ``route`` is the path as declared."""
        self._http.labels(route, method_label(method), str(status)).inc()
        self._http_seconds.labels(route).observe(seconds)

    def key_refused(self, reason: str) -> None:
        """A request was refused before it reached its route. ``reason`` is the code of the error: one of a few."""
        self._refused.labels(reason).inc()

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
            self._finished.labels(reason.value).inc()
        if timings.ttft_seconds is not None:
            self._queue.observe(timings.queue_seconds)
        if timings.largest_gap_seconds is not None:
            self._largest_gap.observe(timings.largest_gap_seconds)
        self._e2e.observe(timings.total_seconds)

    def segment_translated(self, flags: tuple[Flag, ...], *, retried: bool) -> None:
        """A segment was translated, with these doubts about it."""
        self._segments.inc()
        self._retried.inc(retried)
        for flag in flags:
            self._flags.labels(flag.value).inc()

    def observe_step(self, stats: StepStats) -> None:
        """The engine has computed a step."""
        self._step_seconds.observe(stats.seconds)
        self._step_tokens.observe(stats.num_prefill_tokens + stats.num_decode_tokens)
        self._computed.labels("prefill").inc(stats.num_prefill_tokens)
        self._computed.labels("decode").inc(stats.num_decode_tokens)
        self._running.set(stats.num_running)
        self._waiting.set(stats.num_waiting)
        self._kv_used.set(stats.blocks_used / stats.blocks_total if stats.blocks_total else 0.0)
        self._preempted.inc(stats.num_preempted)
        self._queried.inc(stats.cache_queried_tokens)
        self._hit.inc(stats.cache_hit_tokens)

    def engine_ready(self, info: EngineInfo) -> None:
        """The engine is ready."""
        self._up.set(1)
        self._kv_tokens.set(info.kv_tokens)
        self._engine.info({"architecture": info.architecture, "device": info.device, "dtype": info.dtype})
        for phase, seconds in info.startup_seconds.items():
            self._startup.labels(phase).set(seconds)

    def engine_down(self) -> None:
        """The engine has stopped or died, so the last values of its gauges are no longer true."""
        for gauge in (self._up, self._running, self._waiting, self._kv_used):
            gauge.set(0)

    def process_died(self, process: str, cause: str) -> None:
        """The engine or the reader died or was killed."""
        self._deaths.labels(process, cause).inc()
        if process == "engine":
            self.engine_down()
        else:
            self.reader_down()

    def process_returned(self, process: str, seconds: float, replayed: int) -> None:
        """The process is ready again, ``seconds`` after its death, and ``replayed`` requests continue in it."""
        self._recovery.labels(process).observe(seconds)
        self._replayed.labels(process).inc(replayed)
        (self._up if process == "engine" else self._reader_up).set(1)

    def observe_batch(self, stats: BatchStats) -> None:
        """The reader has computed a batch."""
        self._batch_seconds.observe(stats.seconds)
        self._windows.inc(stats.inputs)
        self._window_tokens.inc(stats.tokens)
        self._windows_waiting.set(stats.waiting)

    def reader_ready(self, info: EncoderInfo) -> None:
        """The reader is ready."""
        self._reader_up.set(1)
        self._reader.info({"architecture": info.architecture, "device": info.device, "dtype": info.dtype})

    def reader_down(self) -> None:
        """There is no reader, or the reader has stopped or died."""
        self._reader_up.set(0)
        self._windows_waiting.set(0)

    def render(self) -> tuple[bytes, str]:
        """All series in Prometheus' text format, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4
