"""The series about one model. Models share the families; the label ``model`` tells their series apart."""

from collections.abc import Sequence
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.metrics import MetricWrapperBase

# Buckets in seconds: from a token on a GPU (milliseconds) to a long prompt on two CPU cores (a minute).
LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
DURATION = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
PER_TOKEN = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5)
TOKENS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)

Family = TypeVar("Family", bound=MetricWrapperBase)


class Families:
    """The metric families of a registry that have a label ``model``, by name. The first use of a name declares it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._by_name: dict[str, MetricWrapperBase] = {}

    def get(self, kind: type[Family], name: str, text: str, labels: Sequence[str], **options: Any) -> Family:
        """The family with this name. ``labels`` are its further labels, ``options`` those of its kind."""
        family = self._by_name.get(name)
        if family is None:
            family = kind(name, text, ["model", *labels], registry=self._registry, **options)
            self._by_name[name] = family
        assert isinstance(family, kind)
        return family

    def remove(self, name: str, model: str) -> None:
        """Remove the series of a model from one family."""
        self._by_name[name].remove_by_labels({"model": model})

    def remove_gauges(self, model: str) -> None:
        """Remove everything that describes the present of a model: its gauges and infos."""
        for family in self._by_name.values():
            if isinstance(family, Gauge | Info):
                family.remove_by_labels({"model": model})


class ModelSeries:
    """Finds or makes the series of one model. Work for each step keeps its series and does not find them again."""

    def __init__(self, families: Families, model: str) -> None:
        self._families = families
        self._model = model

    def counter(self, name: str, text: str, **labels: str) -> Counter:
        """A counter. Its name is written with ``_total``."""
        return self._families.get(Counter, name, text, list(labels)).labels(model=self._model, **labels)

    def gauge(self, name: str, text: str, **labels: str) -> Gauge:
        """A gauge."""
        return self._families.get(Gauge, name, text, list(labels)).labels(model=self._model, **labels)

    def histogram(self, name: str, text: str, buckets: Sequence[float], **labels: str) -> Histogram:
        """A histogram with these upper bounds."""
        family = self._families.get(Histogram, name, text, list(labels), buckets=buckets)
        return family.labels(model=self._model, **labels)

    def info(self, name: str, text: str) -> Info:
        """An info: facts as labels. Its name is written with ``_info``."""
        return self._families.get(Info, name, text, []).labels(model=self._model)

    def remove(self, name: str) -> None:
        """Remove the series of the model from this family."""
        self._families.remove(name, self._model)

    def remove_gauges(self) -> None:
        """Remove the gauges and infos of the model. One that is found again is a new one."""
        self._families.remove_gauges(self._model)
