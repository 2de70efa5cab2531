"""The batches of one model's encoder."""

from service.encoder.messages import BatchStats, EncoderInfo
from service.metrics.process import ProcessMetrics, weights_gauge
from service.metrics.series import PER_TOKEN, ModelSeries


class EncoderMetrics(ProcessMetrics):
    """The series of an encoder process."""

    def __init__(self, series: ModelSeries) -> None:
        super().__init__(series, "encoder")
        self._batch_seconds = series.histogram(
            "trivium_encoder_batch_duration_seconds", "Time of an encoder's batch.", PER_TOKEN
        )
        self._inputs = series.counter("trivium_encoder_inputs", "Inputs that the encoder has computed.")
        self._tokens = series.counter("trivium_encoder_tokens", "Tokens of the inputs that the encoder has computed.")
        self._gauges = _EncoderGauges(series)

    def observe_batch(self, stats: BatchStats) -> None:
        """The encoder has computed a batch; one without inputs only says that it has nothing to do."""
        if stats.inputs:
            self._batch_seconds.observe(stats.seconds)
        self._inputs.inc(stats.inputs)
        self._tokens.inc(stats.tokens)
        self._gauges.waiting.set(stats.waiting)

    def ready(self, info: EncoderInfo) -> None:
        """The encoder of a model that was loaded is ready."""
        self._gauges = _EncoderGauges(self._series)  # an unload has removed the old ones
        self._gauges.up.set(1)
        self._gauges.weights.set(info.weights_bytes)
        facts = {
            "architecture": info.architecture,
            "backend": info.backend,
            "kernels": info.kernels,
            "device": info.device,
            "dtype": info.dtype,
            "max_tokens": str(info.max_tokens),
        }
        self._series.info("trivium_encoder", "The running encoder and its model.").info(facts)

    def up(self) -> None:
        self._gauges.up.set(1)

    def down(self) -> None:
        self._gauges.up.set(0)
        self._gauges.waiting.set(0)


class _EncoderGauges:
    """The gauges that exist while the model is loaded."""

    def __init__(self, series: ModelSeries) -> None:
        self.up = series.gauge("trivium_encoder_up", "1 while the encoder is ready.")
        self.weights = weights_gauge(series)
        self.waiting = series.gauge("trivium_encoder_inputs_waiting", "Inputs waiting for the encoder.")
