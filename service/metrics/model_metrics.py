"""The metrics of one served model: its loads and unloads, and one part for each kind of its work."""

from collections.abc import Collection
from functools import cached_property

from service.metrics.admission import AdmissionLevels, set_admission
from service.metrics.completions import CompletionMetrics
from service.metrics.encoder import EncoderMetrics
from service.metrics.engine import EngineMetrics
from service.metrics.series import Families, ModelSeries
from service.metrics.translations import TranslationMetrics


class ModelMetrics:
    """The view of one model, with a method for each event of its life.

    Its parts are the observers of the model's work: ``engine`` or ``encoder`` of its process, ``completions`` and
    ``translations`` of its tasks. A part has no series before its first use, so that an encoder has no engine series.
    """

    def __init__(self, families: Families, model: str) -> None:
        """``model`` is the name that the operator has given to the model."""
        self._series = ModelSeries(families, model)
        self._state = ""
        self._has_adapters = False

    @cached_property
    def engine(self) -> EngineMetrics:
        """The observer of the model's engine."""
        return EngineMetrics(self._series)

    @cached_property
    def encoder(self) -> EncoderMetrics:
        """The observer of the model's encoder."""
        return EncoderMetrics(self._series)

    @cached_property
    def completions(self) -> CompletionMetrics:
        """The observer of the model's completions."""
        return CompletionMetrics(self._series)

    @cached_property
    def translations(self) -> TranslationMetrics:
        """The observer of the model's translations."""
        return TranslationMetrics(self._series)

    def state(self, state: str) -> None:
        """The model is now in this state: loading, ready, unloading, unloaded or failed."""
        name, text = "trivium_model_state", "1 for the model's state, 0 for its earlier states."
        if self._state:
            self._series.gauge(name, text, state=self._state).set(0)
        self._series.gauge(name, text, state=state).set(1)
        self._state = state

    def loaded(self, seconds: float, memory: int) -> None:
        """The model is ready. The load took ``seconds``, and the model holds ``memory`` bytes."""
        self._loads("ok")
        self._series.gauge("trivium_model_load_seconds", "Time of the model's last load.").set(seconds)
        self._series.gauge("trivium_model_memory_bytes", "Memory that the model holds.").set(memory)
        self.state("ready")

    def admission(self, levels: AdmissionLevels) -> None:
        """The model, which is loaded, has admitted as much."""
        set_admission(self._series, levels)

    def adapters(self, names: Collection[str]) -> None:
        """The model, which is loaded, has these adapters. Without one there is no series."""
        info = self._series.info("trivium_adapters", "The adapters that the engine has loaded.") if names else None
        if info is not None:
            info.info({"adapters": ",".join(sorted(names)), "count": str(len(names))})
        elif self._has_adapters:
            self._series.remove("trivium_adapters")
        self._has_adapters = bool(names)

    def load_failed(self) -> None:
        """The model could not be loaded. Its gauges vanish, because it has no process."""
        self._loads("failed")
        self._remove_gauges()
        self.state("failed")

    def unloaded(self, reason: str) -> None:
        """The model was unloaded: "admin", "idle" or "memory". Its gauges vanish, its counters stay."""
        self._series.counter("trivium_model_unloads", "Unloads, by reason.", reason=reason).inc()
        self._remove_gauges()
        self.state("unloaded")

    def _remove_gauges(self) -> None:
        self._series.remove_gauges()
        self._state = ""
        self._has_adapters = False

    def _loads(self, outcome: str) -> None:
        self._series.counter("trivium_model_loads", "Loads, by outcome.", outcome=outcome).inc()
