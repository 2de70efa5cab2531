"""An engine that does as it is told, behind the real service and a real socket.

For what a real engine cannot be made to do on demand: to keep a request waiting, to say a given text, to fail at a
given token. What needs none of these is tested on the real one.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import httpx
import tokenizers
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from tokenizers import decoders, models, pre_tokenizers

from model_store.types import LocalModel
from service.api.app import create_app
from service.engine.client import EngineClient
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.errors import EngineError, ProcessUnavailable
from service.keys.authenticator import open_authenticator
from service.metrics import Metrics
from service.server.connection import Connection, connection_class
from service.settings import Settings
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.engine_info import engine_info

EOS = 256
INFO = engine_info(max_model_len=10_000, num_blocks=1000)


def byte_tokenizer() -> Tokenizer:
    """One token for each byte, so that every character of more than one byte is split; and one to end a text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    library = tokenizers.Tokenizer(models.BPE(vocab={char: i for i, char in enumerate(alphabet)}, merges=[]))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    library.decoder = decoders.ByteLevel()
    library.add_special_tokens(["<|end|>"])
    template = ChatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: ", {})
    return Tokenizer(library, eos_token_ids=[EOS], chat_template=template)


class ScriptedStream:
    """Every sequence says ``engine.text``, one token at a time, as far as ``engine`` lets it."""

    has_more = False

    def __init__(self, engine: "ScriptedEngine", requests: list[Request]) -> None:
        self.engine = engine
        self.alive: dict[str, Request] = {}
        self.positions: dict[str, int] = {}
        self.add(requests)

    def add(self, requests: list[Request]) -> None:
        self.alive.update({request.id: request for request in requests})
        self.positions.update(dict.fromkeys((request.id for request in requests), 0))

    async def __aiter__(self) -> AsyncIterator[TokenOutput]:
        engine = self.engine
        while self.alive:
            for id, request in list(self.alive.items()):
                position = self.positions[id]
                await engine.pause(position)
                if id in self.alive:
                    self.positions[id] += 1
                    yield self._output(request, position, [*engine.tokenizer.encode(engine.says(request)), EOS])

    def _output(self, request: Request, position: int, says: list[int]) -> TokenOutput:
        params = request.params
        prompt_logprobs: tuple[TokenLogprob | None, ...] = ()
        if position == 0 and params.prompt_logprobs is not None:
            prompt_logprobs = (None, *(_logprob(token, params.prompt_logprobs) for token in request.prompt[1:]))
        first: dict[str, Any] = (
            {"num_cached": 1, "queue_time": 0.5, "prompt_logprobs": prompt_logprobs} if position == 0 else {}
        )
        if params.max_tokens == 0:
            self.abort(request.id)
            return TokenOutput(request.id, finish=FinishReason.LENGTH, **first)
        if self.engine.fails_at == position:
            self.abort(request.id)
            return TokenOutput(
                request.id, finish=FinishReason.ERROR, error=self.engine.failure, error_kind=self.engine.error_kind
            )
        token = says[position]
        finish = None
        if token in params.stop_token_ids:
            finish = FinishReason.STOP
        elif position + 1 == params.max_tokens:
            finish = FinishReason.LENGTH
        if finish:
            self.abort(request.id)
        logprob = None if params.logprobs is None else _logprob(token, params.logprobs)
        return TokenOutput(request.id, token=token, logprob=logprob, finish=finish, **first)

    def abort(self, request_id: str) -> None:
        self.alive.pop(request_id, None)

    def close(self) -> None:
        self.alive.clear()
        self.engine.closed(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


@dataclass
class ScriptedEngine:
    """Stands in for the EngineClient. Events are set from the test's thread."""

    text: str = "Hello"
    fails_at: int | None = None  # the position whose token is an error
    failure: str = "secret of the engine"
    error_kind: ErrorKind = ErrorKind.FAILED
    breaks_at: int | None = None  # the position at which the whole stream raises
    holds_at: int | None = None  # the position at which every sequence waits until `release`
    status: str = "loading"
    reason: str = ""
    tokenizer: Tokenizer = field(default_factory=byte_tokenizer)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    may_load: threading.Event = field(default_factory=threading.Event)
    loaded: threading.Event = field(default_factory=threading.Event)
    idle: threading.Event = field(default_factory=threading.Event)
    holding: threading.Event = field(default_factory=threading.Event)
    submitted: list[Request] = field(default_factory=list)

    loads_at_once: bool = True

    def __post_init__(self) -> None:
        self.open: list[ScriptedStream] = []
        if self.loads_at_once:
            self.may_load.set()
        self.idle.set()

    @property
    def info(self) -> EngineInfo:
        if self.status != "ready":
            raise ProcessUnavailable(self.status, f"the engine is {self.status}")
        return INFO

    def require_ready(self) -> None:
        if self.status != "ready":
            raise ProcessUnavailable(self.status, f"the engine is {self.status}")

    def release(self) -> None:
        """Let those that wait go on. From the test's thread."""
        self.loop.call_soon_threadsafe(self.go.set)

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.may_load.wait)
        self.status = "ready"
        self.loaded.set()

    async def close(self) -> None:
        self.status = "stopping"

    def submit(self, requests: Iterable[Request], stream: ScriptedStream | None = None) -> ScriptedStream:
        requests = list(requests)
        self.submitted += requests
        if stream is not None:
            stream.add(requests)
            return stream
        stream = ScriptedStream(self, requests)
        self.open.append(stream)
        self.idle.clear()
        return stream

    def says(self, request: Request) -> str:
        """What a sequence says; ``text``, unless a test knows better."""
        return self.text

    async def pause(self, position: int) -> None:
        await asyncio.sleep(0)
        if self.breaks_at == position:
            raise EngineError("secret of the engine")
        if self.holds_at == position:
            self.holding.set()
            await self.go.wait()

    def closed(self, stream: ScriptedStream) -> None:
        if stream in self.open:
            self.open.remove(stream)
        if not self.open:
            self.idle.set()


def _logprob(token: int, count: int) -> TokenLogprob:
    """The token itself is the second likeliest, if so many are asked for."""
    top = ((65, -0.25), (token, -0.5), (66, -1.5))
    return TokenLogprob(token, -0.5, top[:count])


@contextlib.contextmanager
def served(app: ASGIApp, http: type[Connection] = Connection) -> Iterator[tuple[tuple[str, int], Callable[[], None]]]:
    """An application on a real socket: its address, and what stops it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1, ws="none", http=http)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()

        try:
            yield listener.getsockname(), stop
        finally:
            stop()


@dataclass(frozen=True)
class Scripted:
    """A running service."""

    url: str
    address: tuple[str, int]
    http: httpx.Client
    engine: ScriptedEngine
    metrics: Metrics
    app: FastAPI
    stop: Callable[[], None]


@contextlib.contextmanager
def scripted_service(engine: ScriptedEngine | None = None, **settings: Any) -> Iterator[Scripted]:
    """The service over a scripted engine."""
    engine = engine or ScriptedEngine()
    metrics = Metrics()
    model = LocalModel(name="org/tiny", path=Path("/nonexistent"))
    configured = Settings(**settings)
    app = create_app(
        configured,
        model,
        cast(EngineClient, engine),
        engine.tokenizer,
        metrics,
        authenticator=open_authenticator(configured.keys_file),
    )
    http = connection_class(header_timeout=configured.header_timeout, send_timeout=configured.send_timeout)
    with served(app, http) as (address, stop):
        try:
            if engine.may_load.is_set():
                assert engine.loaded.wait(20)
            url = f"http://127.0.0.1:{address[1]}"
            with httpx.Client(base_url=url, timeout=20) as http:
                yield Scripted(url, address, http, engine, metrics, app, stop)
        finally:
            engine.may_load.set()
