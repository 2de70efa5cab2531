"""The gateway: Trivium's HTTP application over the engines of the cluster."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast

from ray import serve
from starlette.types import ASGIApp

from model_store.store import Store
from model_store.types import LocalModel
from service import logs
from service.api.app import create_app
from service.api.middleware.access_log import AccessLogObserver
from service.batches.opening import open_batches
from service.documents.opening import open_documents
from service.engine.client import EngineClient
from service.keys.authenticator import open_authenticator
from service.metrics import Metrics, ModelMetrics
from service.models.capabilities import Capability, find_capabilities
from service.serving.model import ServedModel
from service.serving.registry import Registry
from service.serving.runtime import Runtime
from service.serving.task_builder import TaskBuilder
from service.settings import Settings
from service.settings.served_models import ModelSpec
from service.store import open_store
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation import Detector
from trivium_ray.remote_engine import RemoteEngine
from trivium_ray.session import SessionMiddleware


class RemoteModel:
    """A model that engines of the cluster compute: here are only its tokenizer and its tasks. A ``ModelSource``."""

    def __init__(
        self, spec: ModelSpec, store: Store, tasks: TaskBuilder, metrics: ModelMetrics, engine: RemoteEngine
    ) -> None:
        self._spec = spec
        self._store = store
        self._tasks = tasks
        self._metrics = metrics
        self._engine = cast(EngineClient, engine)

    def find(self) -> LocalModel | None:
        """The model in the store of this node, or None. Raises ModelStoreError."""
        return self._store.find(self._spec.source)

    def fetch(self) -> LocalModel:
        """The model, which is downloaded first if this node lacks it. Raises ModelStoreError."""
        return self._store.ensure(self._spec.source)

    def capabilities(self, local: LocalModel) -> frozenset[Capability]:
        """What the model can do. Raises OSError or ValueError if its files cannot be read."""
        return find_capabilities(local.path)

    def build(self, local: LocalModel, adapters: Mapping[str, Path]) -> Runtime:
        """The tasks, over the engines."""
        make_tasks = partial(self._tasks.for_engine, self._engine, local, Tokenizer.load(local.path))
        return Runtime(self._engine, make_tasks(""), make_tasks, self._metrics.engine)


def make_gateway(given: dict[str, str | int]) -> ASGIApp:
    """The application. Raises SettingsError, ModelStoreError, StorageError, KeyFileError."""
    settings = Settings.load(dict(given))
    logs.configure(settings.log_level, settings.log_json, settings.log_prompts)
    metrics, detector, store = Metrics(settings.metrics_compat), Detector(), open_store(settings)
    spec = settings.model_specs()[0]
    view = metrics.for_model(spec.name)
    tasks = TaskBuilder(
        spec.settings,
        detector,
        completions=AccessLogObserver(view.completions),
        translations=view.translations,
    )
    engine = RemoteEngine(serve.get_deployment_handle("engines"))
    model = ServedModel(spec, RemoteModel(spec, store, tasks, view, engine), view)
    model.fetch()
    registry = Registry([model], memory_budget=0, load_timeout=settings.load_timeout, may_fetch=False)
    app = create_app(
        settings,
        registry,
        metrics,
        detector=detector,
        authenticator=open_authenticator(settings.keys_file),
        batches=open_batches(settings, metrics.batches),
        documents=open_documents(settings, metrics.documents),
    )
    return SessionMiddleware(app)
