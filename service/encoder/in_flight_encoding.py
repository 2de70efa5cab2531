"""The inputs of one request while the encoder computes them, across restarts of the encoder process."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.encoder.messages import EncodeRequest, EncoderOutput, Head
from service.errors import ProcessError
from service.traces.span import current_span, record


class InFlightEncoding:
    """Owns the outputs. A context manager: leaving it drops the inputs that are not computed yet."""

    def __init__(self, request: EncodeRequest, head: Head, abort: Callable[[list[str]], None]) -> None:
        """``abort`` is called with the id of a request that is closed before its end."""
        self.started = time.monotonic()
        self.queue_seconds = 0.0  # until the first batch with one of its inputs began
        self.total_seconds: float | None = None  # None while it is in flight
        self._span = current_span()
        self._request = request
        self._head = head
        self._abort = abort
        self._outputs: list[NDArray[np.float32] | None] = [None] * len(request.inputs)
        self._num_missing = len(request.inputs)
        self._changed = asyncio.Event()
        self._error: ProcessError | None = None

    async def outputs(self) -> list[NDArray[np.float32]]:
        """Wait for all outputs, in the order of the inputs. Raises ProcessUnavailable or PoisonPill.

        The head gives their shape: span [2, tokens] (first tokens, last tokens), embedding [dimensions],
        classification [labels].
        """
        while self._num_missing:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()
        return [output for output in self._outputs if output is not None]

    def close(self) -> None:
        """Drop the inputs that are not computed yet. Idempotent."""
        if self.total_seconds is None:
            self._end(time.monotonic())
            self._abort([self._request.id])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def put(self, output: EncoderOutput, batch_seconds: float) -> bool:
        """For the client: add an output and the time of its batch. Returns whether it was the last one."""
        now = time.monotonic()
        if self._num_missing == len(self._outputs):
            self.queue_seconds = max(now - self.started - batch_seconds, 0.0)
        values = np.frombuffer(output.values, dtype=np.float32)
        self._outputs[output.index] = values.reshape(2, -1) if self._head is Head.SPAN else values
        self._num_missing -= 1
        if self._num_missing:
            return False
        self._end(now)
        self._changed.set()
        return True

    @property
    def unfinished(self) -> EncodeRequest:
        """The request without the inputs that are computed."""
        done = frozenset(index for index, output in enumerate(self._outputs) if output is not None)
        return msgspec.structs.replace(self._request, done=done) if done else self._request

    def _end(self, now: float) -> None:
        self.total_seconds = now - self.started
        if not self._span.is_recorded:
            return
        begun = self.started + self.queue_seconds if self._num_missing < len(self._outputs) else now
        record(self._span, "queue", self.started, begun)
        if begun < now:
            record(self._span, "encode", begun, now, {"trivium.inputs": len(self._outputs)})

    def fail(self, error: ProcessError) -> None:
        """For the client: no more outputs will come."""
        self._error = error
        self._changed.set()
