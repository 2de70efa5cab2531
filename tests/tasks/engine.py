"""An engine client that says what a script tells it to, for tests of what happens to its words.

The tests of tasks over the real engine are elsewhere; here every order of arrival and every kind of end can be had.
"""

from collections import deque
from collections.abc import Callable, Iterable

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from tests.engine_info import engine_info

Script = Callable[[Request], list[TokenOutput | Exception]]


def says(tokens: Iterable[int], finish: FinishReason = FinishReason.LENGTH, error: str = "") -> Script:
    """Each request gets these tokens; the last one ends it."""
    tokens = list(tokens)

    def script(request: Request) -> list[TokenOutput]:
        last = len(tokens) - 1
        return [
            TokenOutput(request.id, token, finish=finish if i == last else None, error=error if i == last else "")
            for i, token in enumerate(tokens)
        ] or [TokenOutput(request.id, finish=finish, error=error)]

    return script


class ScriptedStream:
    """Takes one output of each live request in turn. Like the engine, it may be told of an abort too late."""

    has_more = False

    def __init__(self, queues: dict[str, deque[TokenOutput | Exception]]) -> None:
        self.queues = queues
        self.aborted: list[str] = []
        self.closed = False

    async def __aiter__(self):
        while any(self.queues.values()):
            for queue in list(self.queues.values()):
                if queue:
                    output = queue.popleft()
                    if isinstance(output, Exception):
                        raise output
                    yield output

    def abort(self, request_id: str) -> None:
        self.aborted.append(request_id)

    def close(self) -> None:
        self.closed = True


class ScriptedClient:
    """``script`` gives the outputs of a request. ``requests`` and ``streams`` are what was submitted."""

    def __init__(
        self, script: Script, *, max_model_len: int = 2048, num_blocks: int = 256, vocab_size: int = 1000
    ) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.streams: list[ScriptedStream] = []
        self.info = engine_info(vocab_size=vocab_size, max_model_len=max_model_len, num_blocks=num_blocks)

    def submit(self, requests: Iterable[Request], stream: ScriptedStream | None = None) -> ScriptedStream:
        requests = list(requests)
        self.requests += requests
        queues = {request.id: deque(self.script(request)) for request in requests}
        if stream is not None:
            stream.queues.update(queues)
            return stream
        self.streams.append(ScriptedStream(queues))
        return self.streams[-1]
