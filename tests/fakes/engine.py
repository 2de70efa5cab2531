"""A scripted engine in the place of the EngineClient, for everything that a real engine does not do on demand.

Tests of tasks give it a script: the outputs of each request. Tests of the API put it behind a real socket and make it
generate a text, wait, fail or break at a token. Everything else is tested with the real engine.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, cast

import msgspec

from service.engine.client import EngineClient
from service.engine.protocol.adapter_info import AdapterInfo
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.errors import EngineError, ProcessUnavailable
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine_info import engine_info
from tests.fakes.tokenizer import EOS, byte_tokenizer, filling_tokenizer

INFO = engine_info(max_model_len=10_000, num_blocks=1000)

Script = Callable[[Request], Iterable[TokenOutput | Exception]]  # an exception breaks the whole stream


def says(
    tokens: Iterable[int], finish: FinishReason = FinishReason.LENGTH, error: str = ""
) -> Callable[[Request], list[TokenOutput]]:
    """A script in which each request gets these tokens, and the last token ends it."""
    tokens = list(tokens)

    def script(request: Request) -> list[TokenOutput]:
        last = len(tokens) - 1
        return [
            TokenOutput(request.id, token, finish=finish if i == last else None, error=error if i == last else "")
            for i, token in enumerate(tokens)
        ] or [TokenOutput(request.id, finish=finish, error=error)]

    return script


class ScriptedStream:
    """Gives one output of each request in turn.

    As with the real engine, an abort may come too late: it is noted in ``aborted``, and the outputs continue.
    """

    has_more = False

    def __init__(self, engine: "ScriptedEngine") -> None:
        self.requests: list[Request] = []
        self.aborted: list[str] = []
        self.closed = False
        self._engine = engine
        self._outputs: dict[str, Iterator[TokenOutput | Exception]] = {}  # of the requests that have not finished
        self._positions: dict[str, int] = {}

    def add(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.requests.append(request)
            self._outputs[request.id] = iter(self._engine.outputs(request))
            self._positions[request.id] = 0

    async def __aiter__(self) -> AsyncIterator[TokenOutput]:
        while self._outputs:
            for id in list(self._outputs):
                await self._engine.before_output(self._positions[id])
                if (outputs := self._outputs.get(id)) is None:  # closed meanwhile
                    continue
                output = next(outputs, None)
                self._positions[id] += 1
                if output is None:
                    del self._outputs[id]
                elif isinstance(output, Exception):
                    raise output
                else:
                    if output.finish is not None:
                        del self._outputs[id]
                    yield output

    def abort(self, request_id: str) -> None:
        self.aborted.append(request_id)

    def close(self) -> None:
        self.closed = True
        self._outputs.clear()
        self._engine.stream_closed(self)


class ScriptedEngine:
    """Runs ``script``, or without one generates ``text`` for every request.

    ``requests`` and ``streams`` are all that were submitted, ``open_streams`` those that are not closed. ``info``
    are facts of the EngineInfo. Without a script, positions of tokens decide:

    - at ``fails_at`` every sequence ends with the error ``failure`` of the kind ``error_kind``,
    - at ``breaks_at`` the whole stream raises,
    - at ``holds_at`` every sequence sets ``holding`` and waits for ``release``.

    The engine is ready at once. Behind a service it is ``loading`` until the service starts it and ``may_load`` is set.
    Tests set the events from a thread of their own; ``idle`` is set while no stream is open.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        text: str = "Hello",
        fails_at: int | None = None,
        failure: str = "secret of the engine",
        error_kind: ErrorKind = ErrorKind.FAILED,
        breaks_at: int | None = None,
        holds_at: int | None = None,
        loads_at_once: bool = True,
        **info: Any,
    ) -> None:
        self.script = script
        self.text = text
        self.fails_at = fails_at
        self.failure = failure
        self.error_kind = error_kind
        self.breaks_at = breaks_at
        self.holds_at = holds_at
        self.status = "ready"
        self.reason = ""
        self.tokenizer: Tokenizer = byte_tokenizer()
        self.requests: list[Request] = []
        self.streams: list[ScriptedStream] = []
        self.open_streams: list[ScriptedStream] = []
        self.go = asyncio.Event()
        self.may_load = threading.Event()
        self.loaded = threading.Event()
        self.idle = threading.Event()
        self.holding = threading.Event()
        self.adapters: dict[str, AdapterInfo] = {}
        self._info = msgspec.structs.replace(INFO, **info)
        if loads_at_once:
            self.may_load.set()
        self.idle.set()

    @property
    def client(self) -> EngineClient:
        """The engine under the type of the client whose place it takes."""
        return cast(EngineClient, self)

    # The interface of the EngineClient

    @property
    def info(self) -> EngineInfo:
        self.require_ready()
        return self._info

    def require_ready(self) -> None:
        if self.status != "ready":
            raise ProcessUnavailable(self.status, f"the engine is {self.status}")

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.may_load.wait)
        self.status = "ready"
        self.loaded.set()

    async def close(self) -> None:
        self.status = "stopping"

    async def load_adapter(self, name: str, path: str) -> AdapterInfo:
        self.adapters[name] = info = AdapterInfo(name=name, rank=8, weights_bytes=1024)
        return info

    async def unload_adapter(self, name: str) -> None:
        del self.adapters[name]

    def submit(self, requests: Iterable[Request], stream: ScriptedStream | None = None) -> ScriptedStream:
        requests = list(requests)
        self.requests += requests
        if stream is None:
            stream = ScriptedStream(self)
            self.streams.append(stream)
            self.open_streams.append(stream)
            self.idle.clear()
        stream.add(requests)
        return stream

    # For tests

    def release(self) -> None:
        """Let the waiting sequences continue. To be called from the thread of the test."""
        self._loop.call_soon_threadsafe(self.go.set)

    def text_for(self, request: Request) -> str:
        """The text that a request gets without a script. Subclasses make it depend on the prompt."""
        return self.text

    # For the streams

    def outputs(self, request: Request) -> Iterable[TokenOutput | Exception]:
        """The outputs of one request, the last of which ends it."""
        return self._generate(request) if self.script is None else self.script(request)

    async def before_output(self, position: int) -> None:
        """Wait or raise, as the test wants, before a sequence gets its output number ``position``."""
        await asyncio.sleep(0)
        if self.breaks_at == position:
            raise EngineError("secret of the engine")
        if self.holds_at == position:
            self.holding.set()
            await self.go.wait()

    def stream_closed(self, stream: ScriptedStream) -> None:
        if stream in self.open_streams:
            self.open_streams.remove(stream)
        if not self.open_streams:
            self.idle.set()

    def _generate(self, request: Request) -> Iterator[TokenOutput]:
        params = request.params
        first: dict[str, Any] = {"num_cached": 1, "queue_time": 0.5}
        if params.prompt_logprobs is not None:
            first["prompt_logprobs"] = (
                None,
                *(_logprob(token, params.prompt_logprobs) for token in request.prompt[1:]),
            )
        if params.max_tokens == 0:
            yield TokenOutput(request.id, finish=FinishReason.LENGTH, **first)
            return
        num_known = len(request.generated)
        rest = [*self.tokenizer.encode(self.text_for(request)), EOS][num_known:] or [EOS]
        for position, token in enumerate(rest, num_known):
            if self.fails_at == position:
                yield TokenOutput(request.id, finish=FinishReason.ERROR, error=self.failure, error_kind=self.error_kind)
                return
            finish = None
            if token in params.stop_token_ids:
                finish = FinishReason.STOP
            elif position + 1 == params.max_tokens:
                finish = FinishReason.LENGTH
            logprob = None if params.logprobs is None else _logprob(token, params.logprobs)
            yield TokenOutput(request.id, token=token, logprob=logprob, finish=finish, **first)
            if finish is not None:
                return
            first = {}


def _logprob(token: int, count: int) -> TokenLogprob:
    """Up to ``count`` alternatives; the token itself is the second likeliest."""
    top = ((65, -0.25), (token, -0.5), (66, -1.5))
    return TokenLogprob(token, -0.5, top[:count])


def filling_engine() -> ScriptedEngine:
    """An engine whose tokenizer has the marks of a model that fills in."""
    tokenizer = filling_tokenizer()
    engine = ScriptedEngine(vocab_size=tokenizer.vocab_size)
    engine.tokenizer = tokenizer
    return engine
