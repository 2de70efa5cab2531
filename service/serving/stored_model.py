"""Models of the model store: their files, and the runtimes that are made from them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec

from model_store.store import Store
from model_store.types import LocalModel
from service.encoder.client import EncoderClient
from service.encoder.messages import Head
from service.engine.client import EngineClient
from service.freed_memory import return_freed_memory
from service.metrics import ModelMetrics
from service.models.capabilities import ENGINE_TASKS, Capability, find_capabilities
from service.processes.child_process import ChildProcess
from service.processes.restart_policy import RestartPolicy
from service.serving.runtime import Runtime
from service.serving.task_builder import TaskBuilder
from service.settings.served_models import ModelSpec
from service.tasks.text.piece_tokenizer import load_tokenizer


class StoredModel:
    """One model of the store. Implements ``ModelSource``.

    ``process`` is an engine process that was started already. The first runtime takes it.
    """

    def __init__(
        self,
        spec: ModelSpec,
        store: Store,
        tasks: TaskBuilder,
        metrics: ModelMetrics,
        process: ChildProcess | None = None,
    ) -> None:
        self._spec = spec
        self._store = store
        self._tasks = tasks
        self._metrics = metrics
        self._process = process

    def find(self) -> LocalModel | None:
        """The model in the store, or None, also if its draft model is not there. Raises ModelStoreError."""
        if (source := self._spec.settings.draft_source) and self._store.find(source) is None:
            return None
        return self._store.find(self._spec.source)

    def fetch(self) -> LocalModel:
        """The model, from the store or from its source, as its draft model. Raises ModelStoreError."""
        if source := self._spec.settings.draft_source:
            self._store.ensure(source)
        return self._store.ensure(self._spec.source)

    def capabilities(self, local: LocalModel) -> frozenset[Capability]:
        """What the model can do, found from its files. Raises OSError or ValueError if they cannot be read."""
        return find_capabilities(local.path)

    def build(self, local: LocalModel, adapters: Mapping[str, Path]) -> Runtime:
        """A model that writes text gets an engine, any other an encoder. The checkpoint decides, not the settings."""
        settings, metrics, capabilities = self._spec.settings, self._metrics, self.capabilities(local)
        restart_policy = RestartPolicy(settings.stall_seconds, settings.max_restarts)
        process, self._process = self._process, None
        if capabilities & ENGINE_TASKS:
            source = settings.draft_source
            config = settings.engine_config(local, self._store.find(source) if source else None)
            engine = EngineClient(
                msgspec.structs.replace(config, adapters={name: str(path) for name, path in adapters.items()}),
                restart_policy,
                name=f"{self._spec.name} engine",
                on_step=metrics.engine.observe_step,
                process=process,
                observer=metrics.engine,
            )
            tokenizer = load_tokenizer(local.path)
            return_freed_memory()
            if Capability.ANSWER not in capabilities:  # no language model
                is_speech = Capability.TRANSCRIBE in capabilities
                makes = self._tasks.for_speech if is_speech else self._tasks.for_encoder_decoder
                return Runtime(engine, makes(engine, local, tokenizer), lambda name: {}, metrics.engine)
            make_tasks = partial(self._tasks.for_engine, engine, local, tokenizer)
            return Runtime(engine, make_tasks(""), make_tasks, metrics.engine)
        if process is not None:
            process.kill()  # its imports are the engine's
        encoder_config = settings.encoder_config(local, _head(capabilities))
        encoder = EncoderClient(
            encoder_config,
            restart_policy,
            name=f"{self._spec.name} encoder",
            on_batch=metrics.encoder.observe_batch,
            observer=metrics.encoder,
        )
        return Runtime(encoder, self._tasks.for_encoder(encoder, local, capabilities), lambda name: {}, metrics.encoder)


def _head(capabilities: frozenset[Capability]) -> Head:
    if Capability.ANSWER in capabilities:
        return Head.SPAN
    return Head.EMBEDDING if Capability.EMBED in capabilities else Head.CLASSIFICATION
