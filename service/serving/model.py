"""A served model: it loads, is used by requests, and unloads when no request uses it."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Literal, TypeVar

import service
from model_store.errors import ModelStoreError
from model_store.types import LocalModel
from service.encoder.client import EncoderClient
from service.engine.client import EngineClient
from service.errors import IncapableModel, ModelUnavailable, ProcessError
from service.metrics import ModelMetrics
from service.models.capabilities import Capability
from service.processes.supervisor import Status
from service.serving.adapters import ServedAdapters
from service.serving.daemon_thread import in_daemon_thread
from service.serving.leases import Leases
from service.serving.runtime import Runtime
from service.serving.source import ModelSource
from service.settings.served_models import ModelSpec
from service.tasks.encoder_decoder.language_pairs import LanguagePairs, find_language_pairs

logger = logging.getLogger(__name__)

T = TypeVar("T")

UnloadReason = Literal["admin", "idle", "memory"]
ModelState = Literal["loading", "ready", "unloading", "unloaded", "failed"]
ModelStatus = ModelState | Status  # with the states of a loaded model's process


class ServedModel:
    """One model of the registry. It owns the model's state, its runtime while it is loaded, and its leases.

    ``state`` changes in ``load``, ``unload`` and ``fail`` only. ``reason`` says why the model is not ready, for people.
    """

    def __init__(self, spec: ModelSpec, source: ModelSource, metrics: ModelMetrics) -> None:
        self.spec = spec
        self.metrics = metrics
        self.state: ModelState = "unloaded"
        self.reason = ""
        self.local: LocalModel | None = None  # None: its files are not on this disk, or were not looked for
        self.capabilities = spec.capabilities or frozenset()  # until its files are on this disk: those of the settings
        self.language_pairs: LanguagePairs | None = None  # of a translation model whose files are on this disk
        self.is_held = False  # an operator unloaded the model: only an operator loads the model again
        self.adapters = ServedAdapters(self, spec.adapters)
        self.leases = Leases()
        self._source = source
        self._runtime: Runtime | None = None
        self._last_memory = 0  # bytes, of the last load
        self._changing = asyncio.Lock()

    @property
    def name(self) -> str:
        """The model's name in the API."""
        return self.spec.name

    @property
    def base(self) -> "ServedModel":
        """The model itself. An adapter has a base model instead."""
        return self

    @property
    def is_ready(self) -> bool:
        """Whether requests can use the model. Its process may be restarting."""
        return self.state == "ready"

    @property
    def is_idle(self) -> bool:
        """Whether the model is loaded, and no request uses it or is about to."""
        return self.state == "ready" and self.leases.is_idle

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last request ended; 0 while the model is in use, or not loaded."""
        return time.monotonic() - self.leases.last_used if self.is_idle else 0.0

    @property
    def memory(self) -> int:
        """Bytes of the weights and the KV cache that the model holds now."""
        return 0 if self._runtime is None else self._runtime.memory

    @property
    def memory_estimate(self) -> int:
        """Bytes that the model will hold once it is loaded: those of its last load, or an estimate from its files."""
        if self._last_memory or self.local is None:
            return self._last_memory
        weights = sum(path.stat().st_size for path in self.local.path.glob("*.safetensors"))
        return weights + int(self.spec.settings.kv_cache_memory)

    @property
    def runtime(self) -> Runtime:
        """The load that requests use. Raises ModelUnavailable unless the model is loaded."""
        if self.state != "ready" or self._runtime is None:
            raise self.unavailable()
        return self._runtime

    @property
    def client(self) -> EngineClient | EncoderClient:
        """The client of the model's process. Raises ModelUnavailable unless the model is loaded."""
        return self.runtime.client

    @property
    def process_status(self) -> ModelStatus:
        """The status for operators: the state, or "restarting" and "dead" for the process of a model that is loaded."""
        if self.state == "ready" and self._runtime is not None:
            return self._runtime.client.status
        return self.state

    @property
    def process_reason(self) -> str:
        """Why the model is not ready, for operators."""
        if self.state == "ready" and self._runtime is not None:
            return self._runtime.client.reason
        return self.reason

    @property
    def serves(self) -> bool:
        """Whether requests are served now, or after a load that they wait for."""
        return self.process_status == "ready" or (self.state in ("unloaded", "unloading") and not self.is_held)

    @property
    def fingerprint(self) -> str:
        """An identifier of the service and the model. It changes when the same request may get another answer."""
        revision = self.local.revision if self.local is not None else ""
        identity = f"{service.__version__}/{self.name}/{revision}"
        return "fp_" + blake2b(identity.encode(), digest_size=5).hexdigest()

    def task(self, kind: type[T]) -> T:
        """The task of this kind. Raises ModelUnavailable unless the model is loaded, and IncapableModel."""
        if kind not in (runtime := self.runtime).tasks:  # a task of language models, and this is an encoder-decoder
            raise IncapableModel(self.name, "do that", ())
        return runtime.task(kind)

    def may_have(self, capability: Capability) -> bool:
        """Whether the model has the capability, as far as is known: its files may not be on this disk yet."""
        if self.local is None:
            return self.spec.capabilities is None or capability in self.spec.capabilities
        return capability in self.capabilities

    def locate(self) -> None:
        """Look for the model's files on this disk, and find its capabilities there. Raises ModelStoreError."""
        local = self._source.find()
        if local is not None:
            self._use_files(local)

    def fetch(self) -> None:
        """Get the model's files, from the network if they are not on this disk. Raises ModelStoreError."""
        self._use_files(self._source.fetch())

    def fail(self, reason: str) -> None:
        """Note that the model cannot be loaded."""
        self.state, self.reason = "failed", reason
        self.metrics.load_failed()

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Keep the model loaded until the block ends. Raises ModelUnavailable unless the model is loaded."""
        if not self.is_ready:
            raise self.unavailable()
        with self.leases.hold():
            yield

    async def load(self, *, fetch: bool = False) -> None:
        """Load the model, unless it is loaded. ``fetch``: its files may come from the network.

        Raises ProcessError or ModelStoreError; the state is then "failed".
        """
        async with self._changing:
            if self._runtime is not None:
                if self._runtime.client.status != "dead":
                    return
                await self._runtime.client.close()
                self._runtime = None
            self._change("loading", "the model is loading")
            begin = time.monotonic()
            try:
                runtime = await self._start(fetch)
            except (ProcessError, ModelStoreError) as error:
                self.fail(str(error))
                logger.error("the model %s cannot be loaded: %s", self.name, str(error))
                raise
            except Exception as error:
                self.fail(f"{type(error).__name__} while the model was being loaded")
                logger.exception("the model %s cannot be loaded", self.name)
                raise ProcessError(self.reason) from error
            except asyncio.CancelledError:
                self._change("unloaded", "the service is stopping")
                raise
            self._runtime = runtime
            self.leases.last_used = time.monotonic()
            self.is_held = False
            self.state, self.reason = "ready", ""
            self._last_memory = runtime.memory
            self.metrics.loaded(time.monotonic() - begin, self._last_memory)
            runtime.report_ready()

    async def unload(self, reason: UnloadReason) -> None:
        """Unload the model when no request uses it any more. New requests cannot use it meanwhile."""
        async with self._changing:
            if self.state != "ready":
                if self.state == "failed":
                    self._change("unloaded", "")
                return
            self._change("unloading", "the model is being unloaded")
            await self.leases.wait_until_unused()
            runtime, self._runtime = self._runtime, None
            assert runtime is not None
            await runtime.client.close()
            self.state, self.reason = "unloaded", ""
            self.metrics.unloaded(reason)
            logger.info("the model %s is unloaded", self.name)

    async def close(self) -> None:
        """Stop the model's process, whether requests use it or not. Idempotent."""
        if self._runtime is not None:
            await self._runtime.client.close()

    def update_metrics(self) -> None:
        """Before the metrics are read: the gauges of a process that is not ready are zero."""
        if self._runtime is None:
            return
        if self._runtime.client.status != "ready":
            self._runtime.metrics.down()
        elif self.is_ready:
            self.metrics.adapters([name for name in self.adapters if not self.adapters.failure(name)])

    def unavailable(self) -> ModelUnavailable:
        """The error for a request that cannot use the model now."""
        return ModelUnavailable(self.state, self.reason or f"the model is {self.state}")

    async def _start(self, fetch: bool) -> Runtime:
        if self.local is None:
            local = await in_daemon_thread(self._source.fetch if fetch else self._source.find)
            if local is None:
                raise ModelUnavailable("unloaded", "the model is not on this disk, and may not be fetched meanwhile")
            self._use_files(local)
        assert self.local is not None
        if not self.capabilities:
            raise ProcessError("the model is of no kind that is served here, or its capabilities are not allowed")
        runtime = await in_daemon_thread(self._source.build, self.local, self.adapters.paths)
        self._runtime = runtime  # from now on ``close`` stops its process
        runtime.metrics.down()
        try:
            await runtime.client.start()
        except BaseException:
            self._runtime = None
            await runtime.client.close()
            raise
        return runtime

    def _use_files(self, local: LocalModel) -> None:
        self.local = local
        try:
            found = self._source.capabilities(local)
        except (OSError, ValueError) as error:
            raise ProcessError(f"config.json cannot be read: {error}") from None
        self.capabilities = found if self.spec.capabilities is None else found & self.spec.capabilities
        if Capability.TRANSLATE in self.capabilities and Capability.ANSWER not in found:  # no language model
            try:
                self.language_pairs = find_language_pairs(local.path)
            except (OSError, ValueError) as error:
                raise ProcessError(f"the languages cannot be read: {error}") from None

    def _change(self, state: ModelState, reason: str) -> None:
        self.state, self.reason = state, reason
        self.metrics.state(state)
