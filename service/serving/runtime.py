"""A model that is loaded: its process, and the tasks that use the process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from service.encoder.client import EncoderClient
from service.encoder.messages import EncoderInfo
from service.engine.client import EngineClient
from service.engine.protocol.engine_info import EngineInfo
from service.errors import ProcessUnavailable
from service.metrics.encoder import EncoderMetrics
from service.metrics.engine import EngineMetrics
from service.tasks.generation.generator import Generator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Runtime:
    """One load of a model. ``tasks`` holds an object for each kind of task, by its type: Generator, Embedder, ...

    ``make_adapter_tasks`` makes the same tasks for the adapter of a name. ``metrics`` are the model's metrics of this
    kind of process.
    """

    client: EngineClient | EncoderClient
    tasks: Mapping[type, Any]
    make_adapter_tasks: Callable[[str], Mapping[type, Any]]
    metrics: EngineMetrics | EncoderMetrics
    adapter_tasks: dict[str, Mapping[type, Any]] = field(default_factory=dict)  # by the adapter's name

    @property
    def engine(self) -> EngineClient | None:
        """The client if the process is an engine."""
        return cast(EngineClient, self.client) if Generator in self.tasks else None

    @property
    def memory(self) -> int:
        """Bytes of the weights and the KV cache; 0 while the process has never been ready."""
        try:
            info = self.client.info
        except ProcessUnavailable:
            return 0
        return info.weights_bytes + (info.kv_cache_bytes if isinstance(info, EngineInfo) else 0)

    def report_ready(self) -> None:
        """Report the facts about the process, which is ready, to the metrics."""
        match self.metrics, self.client.info:
            case EngineMetrics() as metrics, EngineInfo() as info:
                metrics.ready(info)
            case EncoderMetrics() as encoder_metrics, EncoderInfo() as encoder_info:
                encoder_metrics.ready(encoder_info)

    def adapter_task(self, adapter: str, kind: type[T]) -> T:
        """The task of this kind, done with the adapter of this name."""
        tasks = self.adapter_tasks.get(adapter)
        if tasks is None:
            tasks = self.adapter_tasks[adapter] = self.make_adapter_tasks(adapter)
        return _of_kind(tasks, kind)

    def task(self, kind: type[T]) -> T:
        """The task of this kind. The model's capabilities say which kinds there are."""
        return _of_kind(self.tasks, kind)


def _of_kind(tasks: Mapping[type, Any], kind: type[T]) -> T:
    task = tasks[kind]
    assert isinstance(task, kind)
    return task
