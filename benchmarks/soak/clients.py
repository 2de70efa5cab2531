"""Clients of every temper, and what became of what they sent."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from benchmarks.soak.mix import Call

_REFUSALS = {429, 503, 504}  # by design, with a body that says why
_LEAVES, _SLEEPS, _HURRIES = 0.1, 0.03, 0.05  # shares
_TIMEOUT = 300.0  # seconds after which an answer is lost


@dataclass(slots=True)
class Tally:
    """What became of every request: the sum of all is ``sent``."""

    sent: int = 0
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    left: int = 0  # by the client itself, before the end
    unread: int = 0  # by a client that read nothing
    lost: list[str] = field(default_factory=list)

    @property
    def accounted(self) -> int:
        """Everything but what was lost."""
        return self.answered + self.refused.total() + self.left + self.unread


class Crowd:
    """Some clients at once, each of which sends its next call when it is done with the last one."""

    def __init__(self, url: str, calls: Iterator[Call], generator: random.Random, *, sleep: float) -> None:
        self.tally = Tally()
        self._url = httpx.URL(url)
        self._calls = calls
        self._random = generator
        self._sleep = sleep  # seconds that a client which reads nothing stays

    async def run(self, seconds: float, levels: list[int]) -> None:
        """Change the number of clients from level to level, and wait for those who are not done at the end."""
        clock = asyncio.get_running_loop().time
        began = clock()
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=self._url, timeout=_TIMEOUT, limits=limits) as http:
            running: set[asyncio.Task[None]] = set()
            while (passed := clock() - began) < seconds:
                level = levels[int(passed / seconds * len(levels))]
                while len(running) < level:
                    running.add(asyncio.create_task(self._send(http, next(self._calls))))
                _, running = await asyncio.wait(running, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
            if running:
                await asyncio.wait(running)

    async def _send(self, http: httpx.AsyncClient, call: Call) -> None:
        self.tally.sent += 1
        temper = self._random.random()
        try:
            if call.stream and temper < _SLEEPS:
                await self._read_nothing(call)
            elif temper < _SLEEPS + _LEAVES:
                async with asyncio.timeout(self._random.expovariate(2)):
                    await self._answered(http, call, {})
            else:
                hurry = {"x-request-timeout": "0.5"} if self._random.random() < _HURRIES else {}
                await self._answered(http, call, hurry)
        except TimeoutError:
            self.tally.left += 1
        except (httpx.HTTPError, OSError, ValueError) as error:
            self.tally.lost.append(f"{call.path}: {type(error).__name__} {error}")

    async def _answered(self, http: httpx.AsyncClient, call: Call, headers: dict[str, str]) -> None:
        headers = headers | {"content-type": "application/json"}
        response = await http.post(call.path, content=call.body, headers=headers)
        code = response.status_code
        end = response.text.removesuffix("data: [DONE]\n\n")
        if call.bad and 400 <= code < 500:
            self.tally.refused[f"{code} bad request"] += 1
        elif code in _REFUSALS:
            self._refused(code, response.json()["error"])
        elif not response.is_success or call.bad:
            self.tally.lost.append(f"{call.path}: {code} {response.text[:200]}")
        elif not call.stream:
            response.json()
            self.tally.answered += 1
        elif end == response.text:
            self.tally.lost.append(f"{call.path}: a stream without an end")
        elif '"error":' in (last := end.rstrip().rpartition("data: ")[2]):
            self._refused(504, json.loads(last)["error"])
        else:
            self.tally.answered += 1

    def _refused(self, status: int, error: dict[str, str]) -> None:
        if error["type"] == "server_error" and error["code"] is None:
            raise ValueError(f"a fault: {error}")
        self.tally.refused[f"{status} {error['code']}"] += 1

    async def _read_nothing(self, call: Call) -> None:
        """Send and sleep; the little buffer of what it does not read is the system's."""
        reader, writer = await asyncio.open_connection(self._url.host, self._url.port, limit=1024)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        head = f"POST {call.path} HTTP/1.1\r\nhost: soak\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(call.body)}\r\n\r\n".encode() + call.body)
        await asyncio.sleep(self._sleep)
        self.tally.unread += 1
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
