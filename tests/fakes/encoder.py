"""A scripted encoder in the place of the EncoderClient: its numbers are a function of the tokens of each input."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec
import numpy as np

from service.encoder.client import EncoderClient
from service.encoder.in_flight_encoding import InFlightEncoding
from service.encoder.messages import EncodeRequest, EncoderInfo, EncoderInput, EncoderOutput, Head
from service.errors import ProcessError, ProcessUnavailable

INFO = EncoderInfo(
    head=Head.EMBEDDING,
    architecture="Scripted",
    backend="torch",
    device="cpu",
    dtype="float32",
    vocab_size=1000,
    max_tokens=64,
    max_batch_tokens=4096,
    weights_bytes=0,
    dimensions=4,
    startup_seconds={},
)


def token_counts(each: EncoderInput) -> list[float]:
    """Four numbers: how often each remainder modulo 4 occurs among the tokens."""
    return [float(sum(token % 4 == rest for token in each.tokens)) for rest in range(4)]


class ScriptedEncoder:
    """Answers each request at the next turn of the loop with what ``numbers`` makes of its inputs.

    ``requests`` are all that were submitted, ``aborted`` the ids of those that were closed before their end. ``info``
    are facts of the EncoderInfo. With ``holds`` each request sets ``holding`` and waits for ``release``. With
    ``breaks`` it fails. The encoder is ready at once.
    """

    def __init__(
        self,
        numbers: Callable[[EncoderInput], Sequence[float]] = token_counts,
        *,
        holds: bool = False,
        breaks: bool = False,
        **info: Any,
    ) -> None:
        self.numbers = numbers
        self.holds = holds
        self.breaks = breaks
        self.status = "ready"
        self.reason = ""
        self.requests: list[EncodeRequest] = []
        self.aborted: list[str] = []
        self.go = asyncio.Event()
        self.holding = threading.Event()
        self.loaded = threading.Event()
        self._info = msgspec.structs.replace(INFO, **info)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def client(self) -> EncoderClient:
        """The encoder under the type of the client whose place it takes."""
        return cast(EncoderClient, self)

    # The interface of the EncoderClient

    @property
    def info(self) -> EncoderInfo:
        self.require_ready()
        return self._info

    def require_ready(self) -> None:
        if self.status != "ready":
            raise ProcessUnavailable(self.status, f"the encoder is {self.status}")

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.status = "ready"
        self.loaded.set()

    async def close(self) -> None:
        self.status = "stopping"

    def encode(
        self, id: str, inputs: Sequence[EncoderInput], *, priority: int = 0, tenant: str = ""
    ) -> InFlightEncoding:
        request = EncodeRequest(id, list(inputs), priority, tenant)
        self.requests.append(request)
        encoding = InFlightEncoding(request, self._info.head, self.aborted.extend)
        task = asyncio.get_running_loop().create_task(self._compute(request, encoding))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return encoding

    # For tests

    def release(self) -> None:
        """Let the waiting requests continue. To be called from the thread of the test."""
        self._loop.call_soon_threadsafe(self.go.set)

    async def _compute(self, request: EncodeRequest, encoding: InFlightEncoding) -> None:
        if self.breaks:
            encoding.fail(ProcessError("secret of the encoder"))
            return
        if self.holds:
            self.holding.set()
            await self.go.wait()
        for index, each in enumerate(request.inputs):
            values = np.array(self.numbers(each), dtype=np.float32).tobytes()
            encoding.put(EncoderOutput(request.id, index, values), batch_seconds=0.0)
