"""Clients that behave well and badly, and what became of their requests."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import httpx

from benchmarks.soak.mix import MixCall

_REFUSALS = {429, 503, 504}  # by design, with a body that names the reason
_DONE = "data: [DONE]\n\n"
_LEAVING, _NOT_READING, _HURRIED = 0.1, 0.03, 0.05  # shares of the clients
_HURRIED_TIMEOUT = {"x-request-timeout": "0.5"}  # seconds
_LEAVE_RATE = 2.0  # per second: a client that leaves does so after half a second on average
_ANSWER_SECONDS = 300.0  # after this time an answer is lost


@dataclass(slots=True)
class RequestTally:
    """The outcomes of all requests. All but ``sent`` add up to ``sent``."""

    sent: int = 0
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    left: int = 0  # the client disconnected before the end
    unread: int = 0  # the client read nothing
    lost: list[str] = field(default_factory=list)

    @property
    def accounted(self) -> int:
        """All requests but the lost ones."""
        return self.answered + self.refused.total() + self.left + self.unread


class ClientPool:
    """Clients that run at once. Each sends one call; then another client takes its place."""

    def __init__(self, url: str, calls: Iterator[MixCall], generator: random.Random, *, unread_seconds: float) -> None:
        """``unread_seconds``: how long a client that reads nothing stays connected."""
        self.tally = RequestTally()
        self._url = httpx.URL(url)
        self._calls = calls
        self._random = generator
        self._unread_seconds = unread_seconds

    async def run(self, seconds: float, levels: list[int]) -> None:
        """Run for some seconds, with each of ``levels`` clients in turn; then wait for the requests in flight."""
        clock = asyncio.get_running_loop().time
        start = clock()
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=self._url, timeout=_ANSWER_SECONDS, limits=limits) as http:
            running: set[asyncio.Task[None]] = set()
            while (passed := clock() - start) < seconds:
                level = levels[int(passed / seconds * len(levels))]
                while len(running) < level:
                    running.add(asyncio.create_task(self._send(http, next(self._calls))))
                _, running = await asyncio.wait(running, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
            if running:
                await asyncio.wait(running)

    async def _send(self, http: httpx.AsyncClient, call: MixCall) -> None:
        """Send one call with a random behaviour, and count its outcome."""
        self.tally.sent += 1
        behaviour = self._random.random()
        try:
            if call.stream and behaviour < _NOT_READING:
                await self._send_without_reading(call)
            elif behaviour < _NOT_READING + _LEAVING:
                async with asyncio.timeout(self._random.expovariate(_LEAVE_RATE)):
                    await self._send_and_read(http, call, {})
            else:
                is_hurried = self._random.random() < _HURRIED
                await self._send_and_read(http, call, _HURRIED_TIMEOUT if is_hurried else {})
        except TimeoutError:
            self.tally.left += 1
        except (httpx.HTTPError, OSError, ValueError) as error:
            self.tally.lost.append(f"{call.path}: {type(error).__name__} {error}")

    async def _send_and_read(self, http: httpx.AsyncClient, call: MixCall, headers: dict[str, str]) -> None:
        """Raises ValueError if the answer is incomplete or reports a fault of the service."""
        headers = headers | {"content-type": "application/json"}
        response = await http.post(call.path, content=call.body, headers=headers)
        status = response.status_code
        if call.is_invalid and 400 <= status < 500:
            self.tally.refused[f"{status} bad request"] += 1
        elif status in _REFUSALS:
            self._count_refusal(status, response.json()["error"])
        elif not response.is_success or call.is_invalid:
            raise ValueError(f"{status} {response.text[:200]}")
        elif not call.stream:
            response.json()
            self.tally.answered += 1
        elif not response.text.endswith(_DONE):
            raise ValueError("a stream without an end")
        elif '"error":' in (last := _last_event(response.text)):
            self._count_refusal(httpx.codes.GATEWAY_TIMEOUT, json.loads(last)["error"])
        else:
            self.tally.answered += 1

    def _count_refusal(self, status: int, error: dict[str, str]) -> None:
        if error["type"] == "server_error" and error["code"] is None:
            raise ValueError(f"a fault of the service: {error}")
        self.tally.refused[f"{status:d} {error['code']}"] += 1

    async def _send_without_reading(self, call: MixCall) -> None:
        """Send the call, wait, and disconnect. The system's buffers hold the little that they can."""
        _, writer = await asyncio.open_connection(self._url.host, self._url.port, limit=1024)
        transport = cast(asyncio.Transport, writer.transport)
        transport.pause_reading()
        head = f"POST {call.path} HTTP/1.1\r\nhost: soak\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(call.body)}\r\n\r\n".encode() + call.body)
        await asyncio.sleep(self._unread_seconds)
        self.tally.unread += 1
        transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


def _last_event(stream: str) -> str:
    """The data of the last event before the end of the stream."""
    return stream.removesuffix(_DONE).rstrip().rpartition("data: ")[2]
