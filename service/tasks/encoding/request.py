"""A request to an encoder: prepared inputs, and the numbers that the encoder computes for them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from service.encoder.client import EncoderClient
from service.encoder.in_flight_encoding import InFlightEncoding
from service.encoder.messages import EncoderInput
from service.errors import ProcessError
from service.tasks.encoding.observer import EncodingObserver
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Timings, Usage

Result = TypeVar("Result")
Interpret = Callable[[NDArray[np.float32]], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingOptions:
    """The place of a request in the encoder's queue: a lower ``priority`` is served earlier, tenants in turns."""

    priority: int = 0
    tenant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedEncoding(Generic[Result]):
    """Tokenized and checked inputs that the encoder does not know yet.

    ``interpret`` makes the result of the encoder's numbers, [inputs, numbers of an input].
    """

    client: EncoderClient
    id: str
    inputs: Sequence[EncoderInput]
    options: EncodingOptions
    interpret: Interpret[Result]
    observer: EncodingObserver | None = None

    @property
    def cost(self) -> Cost:
        """One place for the request, whatever number of inputs it has, and the tokens of all inputs."""
        return Cost(1, _num_tokens(self.inputs))

    async def start(self) -> "Encoding[Result]":
        """Queue the inputs. Raises ProcessUnavailable."""
        options = self.options
        encoding = self.client.encode(self.id, self.inputs, priority=options.priority, tenant=options.tenant)
        return Encoding(self.id, encoding, _num_tokens(self.inputs), self.interpret, self.observer)


class Encoding(Generic[Result]):
    """Inputs that the encoder computes. A context manager: leaving it drops those that are not computed yet."""

    def __init__(
        self,
        id: str,
        encoding: InFlightEncoding,
        tokens: int,
        interpret: Interpret[Result],
        observer: EncodingObserver | None = None,
    ) -> None:
        """``tokens`` is the number of tokens of all inputs."""
        self.id = id
        self._encoding = encoding
        self._tokens = tokens
        self._interpret = interpret
        self._observer = observer
        self._complete = False
        if observer is not None:
            observer.encoding_started(id)

    async def result(self) -> Result:
        """Wait for all inputs. Raises ProcessUnavailable or PoisonPill, and ProcessError for a number not finite."""
        numbers = np.stack(await self._encoding.outputs())
        if not np.isfinite(numbers).all():
            raise ProcessError("the encoder's numbers are not finite")
        self._complete = True
        return self._interpret(numbers)

    @property
    def usage(self) -> Usage:
        """The tokens of all inputs."""
        return Usage(self._tokens, 0, 0)

    @property
    def timings(self) -> Timings:
        """The seconds until now, or until the end."""
        total = self._encoding.total_seconds
        if total is None:
            total = time.monotonic() - self._encoding.started
        return Timings(self._encoding.queue_seconds, None, total)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._encoding.close()
        if self._observer is not None:
            self._observer.encoding_finished(self.usage, complete=self._complete)


def _num_tokens(inputs: Sequence[EncoderInput]) -> int:
    return sum(len(each.tokens) for each in inputs)
