"""The registry of the served models that the settings name."""

import logging

from model_store.errors import ModelStoreError, UnknownModel
from model_store.store import Store
from service.api.middleware.access_log import AccessLogObserver, EncodingAccessLog
from service.errors import ProcessError
from service.metrics import Metrics
from service.processes.child_process import ChildProcess
from service.serving.model import ServedModel
from service.serving.registry import Registry
from service.serving.stored_model import StoredModel
from service.serving.task_builder import TaskBuilder
from service.settings import Settings
from service.settings.served_models import ModelSpec
from service.tasks.translation import Detector

logger = logging.getLogger(__name__)


def make_registry(
    settings: Settings, store: Store, metrics: Metrics, detector: Detector, process: ChildProcess | None = None
) -> Registry:
    """The registry of all models. The files of the models that are loaded at the start are fetched.

    ``process`` is an engine process that was started already, for the first model. Raises ModelStoreError or
    ProcessError if there is one model and its files cannot be had. Of several models, such a model fails alone.
    """

    def make_model(spec: ModelSpec, process: ChildProcess | None = None) -> ServedModel:
        view = metrics.for_model(spec.name)
        tasks = TaskBuilder(
            spec.settings,
            detector,
            completions=AccessLogObserver(view.completions),
            translations=view.translations,
            encodings=EncodingAccessLog(),
        )
        return ServedModel(spec, StoredModel(spec, store, tasks, view, process), view)

    def add_model(name: str) -> ServedModel | None:
        if name not in store.catalog.models:
            return None
        return make_model(_on_demand(name, settings))

    specs = settings.model_specs()
    models = [make_model(spec, process if index == 0 else None) for index, spec in enumerate(specs)]
    for model in models:
        try:
            if model.spec.load == "start":
                model.fetch()
            else:
                model.locate()
        except (ModelStoreError, ProcessError) as error:
            if len(models) == 1 or isinstance(error, UnknownModel):
                raise
            logger.error("the model %s cannot be loaded: %s", model.name, str(error))
            model.fail(str(error))
    return Registry(
        models,
        memory_budget=int(settings.memory_budget),
        load_timeout=settings.load_timeout,
        may_fetch=settings.runtime_fetch and not settings.offline,
        add_model=add_model,
    )


def _on_demand(name: str, settings: Settings) -> ModelSpec:
    """A model of the catalogue that an operator adds while the service runs."""
    return ModelSpec(
        name=name,
        source=name,
        capabilities=None,
        default_for=frozenset(),
        load="demand",
        idle_seconds=0,
        adapters={},
        settings=settings,
    )
