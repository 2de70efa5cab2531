"""A served model whose process is scripted."""

import dataclasses
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from model_store.transfer.progress import track
from model_store.types import LocalModel
from service.api.middleware.access_log import AccessLogObserver, EncodingAccessLog
from service.encoder.client import EncoderClient
from service.engine.client import EngineClient
from service.metrics import Metrics
from service.metrics.encoder import EncoderMetrics
from service.metrics.engine import EngineMetrics
from service.models.capabilities import GENERATIVE, Capability, find_capabilities
from service.serving.model import ServedModel
from service.serving.runtime import Runtime
from service.serving.task_builder import TaskBuilder
from service.settings import Settings
from service.tasks.text.piece_tokenizer import load_tokenizer
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation import Detector
from tests.fakes.encoder import ScriptedEncoder
from tests.fakes.engine import ScriptedEngine

Client = TypeVar("Client")
ItsMetrics = TypeVar("ItsMetrics")

LOCAL = LocalModel(name="org/tiny", path=Path("/nonexistent"))


class FixedSource:
    """The source of a model whose runtimes all have the same client."""

    def __init__(self, client: EngineClient, tokenizer: Tokenizer, tasks: TaskBuilder, metrics: EngineMetrics) -> None:
        self._client = client
        self._tokenizer = tokenizer
        self._tasks = tasks
        self._metrics = metrics

    def find(self) -> LocalModel:
        return LOCAL

    def fetch(self) -> LocalModel:
        return LOCAL

    def capabilities(self, local: LocalModel) -> frozenset[Capability]:
        return GENERATIVE

    def build(self, local: LocalModel, adapters: Mapping[str, Path]) -> Runtime:
        make_tasks = partial(self._tasks.for_engine, self._client, local, self._tokenizer)
        return Runtime(self._client, make_tasks(""), make_tasks, self._metrics)


class RemoteSource(FixedSource):
    """The same for a model that is not on this disk. It is fetched in two parts of 50 bytes."""

    def find(self) -> None:  # type: ignore[override]
        return None

    def fetch(self) -> LocalModel:
        with track("model.safetensors", 100) as task:
            task.update(50)
            task.update(100)
        return LOCAL


class DirectorySource(Generic[Client, ItsMetrics]):
    """The source of a model whose files are in a directory. Its runtimes all have the same client."""

    def __init__(self, client: Client, local: LocalModel, tasks: TaskBuilder, metrics: ItsMetrics) -> None:
        self._client = client
        self._local = local
        self._tasks = tasks
        self._metrics = metrics

    def find(self) -> LocalModel:
        return self._local

    def fetch(self) -> LocalModel:
        return self._local

    def capabilities(self, local: LocalModel) -> frozenset[Capability]:
        return find_capabilities(local.path)


class EncoderSource(DirectorySource[EncoderClient, EncoderMetrics]):
    """The source of an encoder."""

    def build(self, local: LocalModel, adapters: Mapping[str, Path]) -> Runtime:
        tasks = self._tasks.for_encoder(self._client, local, self.capabilities(local))
        return Runtime(self._client, tasks, lambda adapter: {}, self._metrics)


class EncoderDecoderSource(DirectorySource[EngineClient, EngineMetrics]):
    """The source of an encoder-decoder."""

    def build(self, local: LocalModel, adapters: Mapping[str, Path]) -> Runtime:
        tasks = self._tasks.for_encoder_decoder(self._client, local, load_tokenizer(local.path))
        return Runtime(self._client, tasks, lambda adapter: {}, self._metrics)


def scripted_encoder_decoder(
    engine: ScriptedEngine, path: Path, settings: Settings, metrics: Metrics, *, name: str
) -> ServedModel:
    """A model with a scripted engine, and with the tokenizer, the languages and the capabilities of ``path``."""
    spec = dataclasses.replace(settings.model_specs()[0], name=name)
    view = metrics.for_model(name)
    tasks = TaskBuilder(
        settings, Detector(), completions=AccessLogObserver(view.completions), translations=view.translations
    )
    source = EncoderDecoderSource(engine.client, LocalModel(name=name, path=path), tasks, view.engine)
    model = ServedModel(spec, source, view)
    model.locate()
    return model


def scripted_encoder_model(
    encoder: ScriptedEncoder, path: Path, settings: Settings, metrics: Metrics, *, name: str
) -> ServedModel:
    """A model with a scripted encoder, and with the tokenizer and the capabilities of the files in ``path``."""
    spec = dataclasses.replace(settings.model_specs()[0], name=name)
    view = metrics.for_model(name)
    tasks = TaskBuilder(settings, Detector(), encodings=EncodingAccessLog())
    source = EncoderSource(encoder.client, LocalModel(name=name, path=path), tasks, view.encoder)
    model = ServedModel(spec, source, view)
    model.locate()
    return model


def scripted_model(
    engine: ScriptedEngine, settings: Settings, metrics: Metrics, *, name: str = "org/tiny", **changes: Any
) -> ServedModel:
    """A model with a scripted engine. ``changes`` are fields of its specification."""
    return fixed_model(engine.client, engine.tokenizer, settings, metrics, name=name, **changes)


def fixed_model(
    client: EngineClient,
    tokenizer: Tokenizer,
    settings: Settings,
    metrics: Metrics,
    *,
    name: str = "org/tiny",
    source: type[FixedSource] = FixedSource,
    **changes: Any,
) -> ServedModel:
    """A model with this client, which can do everything that a language model can."""
    spec = dataclasses.replace(settings.model_specs()[0], name=name, **changes)
    view = metrics.for_model(name)
    tasks = TaskBuilder(
        settings, Detector(), completions=AccessLogObserver(view.completions), translations=view.translations
    )
    model = ServedModel(spec, source(client, tokenizer, tasks, view.engine), view)
    model.locate()
    return model
