"""The service, clients that ask the same again and again, and an engine that is killed meanwhile."""

import asyncio
import random
import statistics
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.faults.answer import answer
from benchmarks.faults.kinds import mixed
from benchmarks.processes.trivium_service import Service, served
from benchmarks.soak.log import unexplained
from benchmarks.soak.mix import Call, load

_CALM = (0.2, 3.0)  # seconds from one recovery to the next kill, at least and at most
_AGAIN = 0.2  # seconds after which a client asks again that was told to come later
_RESTARTING = "restarting"
_LIMITS = httpx.Limits(max_connections=None)


@dataclass(slots=True)
class Outcome:
    """What became of the answers."""

    same: int = 0
    told_to_wait: int = 0  # 503 before anything was begun, as it should be
    different: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    replayed: int = 0
    files: tuple[int, int] = (0, 0)  # open descriptors of the API process before the first kill and at the end
    processes: int = 0  # beside the API process, at the end
    held: dict[str, float] = field(default_factory=dict)
    unexplained: list[str] = field(default_factory=list)

    def failures(self, *, exact: bool) -> list[str]:
        """What must not be, in words. ``exact``: no answer may differ."""
        found = {
            f"{len(self.lost)} answers were lost": bool(self.lost),
            f"{len(self.different)} answers differ": exact and bool(self.different),
            "nothing went on after a death": not self.replayed,
            "nothing was answered": not self.same,
            "descriptors were left open": self.files[1] > self.files[0],
            "processes were left": self.processes != 1,
            f"something is held: {self.held}": any(self.held.values()),
            f"{len(self.unexplained)} lines of errors are unexplained: {self.unexplained[:3]}": bool(self.unexplained),
        }
        return [words for words, failed in found.items() if failed]

    def table(self) -> str:
        """In Markdown."""
        answered = self.same + len(self.different)
        rows = {
            "engine killed": f"{len(self.recoveries)} times",
            "ready again after, median and most": f"{statistics.median(self.recoveries):.1f} s, "
            f"{max(self.recoveries):.1f} s",
            "requests that went on in another engine": self.replayed,
            "answered": f"{answered}: " + ", ".join(f"{path} {count}" for path, count in sorted(self.kinds.items())),
            "**lost**": len(self.lost),
            "the same as undisturbed": f"{self.same} ({self.same / max(answered, 1):.1%})",
            "told to come again while it restarted": self.told_to_wait,
            "descriptors, before and after": "{}, {}".format(*self.files),
            **{f"{name} at the end": f"{value:g}" for name, value in self.held.items()},
        }
        return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


async def faults(model: str, mix: Path | None, *, kills: int, clients: int, seed: int, flags: list[str]) -> Outcome:
    """Ask everything undisturbed, then again and again while the engine is killed. Raises RuntimeError, or ValueError
    if something is not answered without any kill."""
    generator = random.Random(seed)
    calls = mixed(load(mix), clients)
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with served(model, log, ["--log-json", *flags]) as service:
            await service.until_ready()
            async with httpx.AsyncClient(base_url=service.url, timeout=600, limits=_LIMITS) as http:
                expected = await asyncio.gather(*(_ask(http, call) for call in calls))
                before = _files(service)
                over = asyncio.Event()
                asking = [
                    asyncio.create_task(_keep_asking(http, call, whole, outcome, over))
                    for call, whole in zip(calls, expected, strict=True)
                ]
                for _ in range(kills):
                    await asyncio.sleep(generator.uniform(*_CALM))
                    outcome.recoveries.append(await service.kill_engine())
                over.set()
                await asyncio.gather(*asking)
            outcome.held = await service.held()
            outcome.replayed = int((await service.metrics())['trivium_replayed_requests_total{process="engine"}'])
            outcome.files = before, _files(service)
            outcome.processes = len(psutil.Process(service.process.pid).children(recursive=True))
        outcome.unexplained = unexplained(log, kills)
    return outcome


async def _keep_asking(
    http: httpx.AsyncClient, call: Call, expected: dict[str, Any], outcome: Outcome, over: asyncio.Event
) -> None:
    """Until it is over, and to the end of the last answer."""
    while not over.is_set():
        try:
            found = await _ask(http, call)
        except _ComeAgain:
            outcome.told_to_wait += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _AGAIN)
            continue
        except (httpx.HTTPError, ValueError) as error:
            outcome.lost.append(f"{call.path}: {type(error).__name__} {error}")
            continue
        outcome.kinds[call.path] += 1
        if found == expected:
            outcome.same += 1
        else:
            outcome.different.append(f"{call.path} {call.body[:200]!r}: {found} instead of {expected}")


class _ComeAgain(Exception):
    """The service restarts, and said so before it began."""


async def _ask(http: httpx.AsyncClient, call: Call) -> dict[str, Any]:
    """Raises ValueError if the answer is none."""
    response = await http.post(call.path, content=call.body, headers={"content-type": "application/json"})
    unavailable = response.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in response.headers
    if unavailable and response.json()["error"]["code"] == _RESTARTING:
        raise _ComeAgain
    if not response.is_success:
        raise ValueError(f"{response.status_code} {response.text[:300]}")
    return answer(response.text, stream=call.stream)


def _files(service: Service) -> int:
    """Open descriptors of the API process but for connections of clients, which come and go."""
    process = psutil.Process(service.process.pid)
    connections = [each for each in process.net_connections("tcp") if each.status != psutil.CONN_LISTEN]
    return int(process.num_fds()) - len(connections)
