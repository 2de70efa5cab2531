"""A replica: one engine process on a node of the cluster."""

import time
from collections.abc import AsyncGenerator

import msgspec

from service.engine.client import EngineClient
from service.engine.protocol.outputs import TokenOutput
from service.engine.protocol.request import Request
from service.errors import ProcessError
from service.processes.restart_policy import RestartPolicy
from service.settings import Settings
from service.store import open_store

_decode_request = msgspec.msgpack.Decoder(Request).decode
_encode = msgspec.msgpack.Encoder().encode


class EngineReplica:
    """The engine of the first model of ``settings``, behind Ray's calls. It is ready when its model is loaded.

    Its own client supervises the engine process: a crash of the process alone is replayed here, and nobody else
    notices more than a pause.
    """

    async def __init__(self, settings: dict[str, str | int]) -> None:  # type: ignore[misc] # Ray awaits it
        """Raises SettingsError, ModelStoreError or ProcessError, and then Ray starts the replica again."""
        spec = Settings.load(dict(settings)).model_specs()[0]
        local = open_store(spec.settings).ensure(spec.source)
        policy = RestartPolicy(spec.settings.stall_seconds, spec.settings.max_restarts)
        self._engine = EngineClient(spec.settings.engine_config(local), policy, name=f"{spec.name} engine")
        self._queued_tokens = 0  # of the requests that have no output yet
        await self._engine.start()

    async def info(self) -> bytes:
        """The facts about the engine, as MessagePack."""
        return _encode(self._engine.info)

    async def generate(self, request: bytes, blocks: tuple[int, ...] = ()) -> AsyncGenerator[bytes, None]:
        """The outputs of a request, as lists in MessagePack. ``blocks`` are for the router.

        If the caller is cancelled, the engine drops the sequence. Raises RuntimeError if this replica cannot finish the
        request, which another one then can; errors of services do not survive Ray's pickling.
        """
        asked = _decode_request(request)
        asked = msgspec.structs.replace(asked, arrival=time.monotonic())  # the clock of the gateway is another one
        waiting = len(asked.prompt)
        self._queued_tokens += waiting
        try:
            with self._engine.submit([asked]) as stream:
                ready: list[TokenOutput] = []
                async for output in stream:
                    self._queued_tokens -= waiting
                    waiting = 0
                    ready.append(output)
                    if not stream.has_more or output.finish is not None:
                        yield _encode(ready)
                        ready = []
        except ProcessError as error:
            raise RuntimeError(str(error)) from None
        finally:
            self._queued_tokens -= waiting

    def record_autoscaling_stats(self) -> dict[str, float]:
        """What the scaling policy looks at."""
        return {"queued_tokens": float(self._queued_tokens)}

    def check_health(self) -> None:
        """Raises RuntimeError if the engine was given up; then Ray replaces the replica."""
        if self._engine.status == "dead":
            raise RuntimeError(self._engine.reason)

    async def __del__(self) -> None:
        """Called by Ray when the replica has no request any more and stops."""
        await self._engine.close()
