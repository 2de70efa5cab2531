"""The steps and the KV cache of one model's engine."""

from prometheus_client import Gauge

from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import StepStats
from service.metrics.process import ProcessMetrics, weights_gauge
from service.metrics.series import PER_TOKEN, TOKENS, ModelSeries


class EngineMetrics(ProcessMetrics):
    """The series of an engine process."""

    def __init__(self, series: ModelSeries) -> None:
        super().__init__(series, "engine")
        self._step_seconds = series.histogram("trivium_step_duration_seconds", "Time of an engine step.", PER_TOKEN)
        self._step_tokens = series.histogram("trivium_step_tokens", "Tokens computed in an engine step.", TOKENS)
        self._prefill, self._decode = (
            series.counter("trivium_computed_tokens", "Tokens computed by the engine, by phase.", phase=phase)
            for phase in ("prefill", "decode")
        )
        self._proposed = series.counter("trivium_speculation_proposed_tokens", "Tokens computed as guesses.")
        self._accepted = series.counter("trivium_speculation_accepted_tokens", "Guesses that were right.")
        self._drafted = series.counter("trivium_speculation_drafted_tokens", "Tokens that a draft model guessed.")
        self._draft_seconds = series.counter("trivium_speculation_draft_seconds", "Time of the draft model.")
        self._preempted = series.counter("trivium_preemptions", "Sequences preempted because KV blocks ran out.")
        self._queried = series.counter(
            "trivium_prefix_cache_queried_tokens", "Prompt tokens looked up in the prefix cache."
        )
        self._hit = series.counter("trivium_prefix_cache_hit_tokens", "Prompt tokens found in the prefix cache.")
        self._gauges = _EngineGauges(series)
        self._device_used: Gauge | None = None  # exists with a GPU only

    def observe_step(self, stats: StepStats) -> None:
        """The engine has computed a step, or reports that it is idle."""
        if not stats.is_idle_report:
            self._step_seconds.observe(stats.seconds)
            self._step_tokens.observe(stats.num_prefill_tokens + stats.num_decode_tokens + stats.num_proposed_tokens)
        amounts = (
            (self._prefill, stats.num_prefill_tokens),
            (self._decode, stats.num_decode_tokens),
            (self._proposed, stats.num_proposed_tokens),
            (self._accepted, stats.num_accepted_tokens),
            (self._drafted, stats.num_drafted_tokens),
            (self._draft_seconds, stats.draft_seconds),
            (self._preempted, stats.num_preempted),
            (self._queried, stats.cache_queried_tokens),
            (self._hit, stats.cache_hit_tokens),
        )
        for counter, amount in amounts:
            if amount:  # most are 0 in most steps, and an increment by 0 takes as long as any other
                counter.inc(amount)
        self._gauges.running.set(stats.num_running)
        self._gauges.waiting.set(stats.num_waiting)
        self._gauges.kv_used.set(stats.blocks_used / stats.blocks_total if stats.blocks_total else 0.0)
        if stats.device_memory_total:
            self._device_memory(stats.device_memory_used, stats.device_memory_total)

    def ready(self, info: EngineInfo) -> None:
        """The engine of a model that was loaded is ready."""
        self._gauges = _EngineGauges(self._series)  # an unload has removed the old ones
        self._device_used = None
        self._gauges.up.set(1)
        self._gauges.kv_tokens.set(info.kv_tokens)
        self._gauges.weights.set(info.weights_bytes)
        self._gauges.kv_bytes.set(info.kv_cache_bytes)
        facts = {
            "architecture": info.architecture,
            "backend": info.backend,
            "kernels": info.kernels,
            "device": info.device,
            "dtype": info.dtype,
            "quantization": info.quantization,
            "kv_cache_dtype": info.kv_cache_dtype,
            "max_model_len": str(info.max_model_len),
            "block_size": str(info.block_size),
            "num_blocks": str(info.num_blocks),
        }
        self._series.info("trivium_engine", "The running engine and its model.").info(facts)
        for phase, seconds in info.startup_seconds.items():
            self._series.gauge(
                "trivium_startup_duration_seconds", "Time of the engine's start, by phase.", phase=phase
            ).set(seconds)

    def _device_memory(self, used: int, total: int) -> None:
        text = "Memory of the engine's device in use, by any process."
        self._device_used = self._series.gauge("trivium_device_memory_used_bytes", text)
        self._device_used.set(used)
        self._series.gauge("trivium_device_memory_bytes", "Memory of the engine's device.").set(total)

    def up(self) -> None:
        self._gauges.up.set(1)

    def down(self) -> None:
        gauges = self._gauges
        for gauge in (gauges.up, gauges.running, gauges.waiting, gauges.kv_used):
            gauge.set(0)
        if self._device_used is not None:
            self._device_used.set(0)


class _EngineGauges:
    """The gauges that exist while the model is loaded."""

    def __init__(self, series: ModelSeries) -> None:
        self.up = series.gauge("trivium_engine_up", "1 while the engine is ready.")
        self.running = series.gauge("trivium_sequences_running", "Sequences in the engine's current batch.")
        self.waiting = series.gauge("trivium_sequences_waiting", "Sequences waiting for a place in the batch.")
        self.kv_used = series.gauge("trivium_kv_cache_usage_ratio", "Share of the KV cache's blocks in use.")
        self.kv_tokens = series.gauge("trivium_kv_cache_capacity_tokens", "Tokens the KV cache can hold.")
        self.kv_bytes = series.gauge("trivium_kv_cache_bytes", "Memory of the KV cache.")
        self.weights = weights_gauge(series)
