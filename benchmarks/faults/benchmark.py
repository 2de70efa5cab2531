"""The service under clients that repeat their requests, while its engines are killed again and again."""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.faults.answer import assemble_answer
from benchmarks.faults.outcome import FaultsOutcome
from benchmarks.processes.trivium_service import TriviumService, fetch_metrics, trivium_service
from benchmarks.soak.log import unexplained_lines
from benchmarks.soak.mix import MixCall
from service.processes.supervisor import Status

_SECONDS_BETWEEN_KILLS = (0.2, 3.0)  # from one recovery to the next kill, at least and at most
_RETRY_SECONDS = 0.2  # after a refusal
_ANSWER_SECONDS = 600
_SETTLE_SECONDS = 30  # in which the connections that clients have closed end on a busy machine
_RESTARTING: Status = "restarting"
_LIMITS = httpx.Limits(max_connections=None)
_REPLAYED = 'trivium_replayed_requests_total{process="engine"}'


async def kill_under_load(
    model: str, calls: list[MixCall], *, kills: int, seed: int, arguments: list[str], models: Sequence[str] = ()
) -> FaultsOutcome:
    """Send every call once without kills, then again and again while an engine is killed ``kills`` times.

    ``arguments`` are further ones of ``trivium serve``. If these name several models, so does ``models``, and engines
    of all are killed in turn. Raises RuntimeError if the service does not become ready, and ValueError if a call fails
    without kills.
    """
    generator = random.Random(seed)
    outcome = FaultsOutcome(engines=max(1, len(models)))
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with trivium_service(model, log, ["--log-json", *arguments], models=models) as service:
            await service.wait_until_ready()
            async with httpx.AsyncClient(base_url=service.url, timeout=_ANSWER_SECONDS, limits=_LIMITS) as http:
                expected = await asyncio.gather(*(_send(http, call) for call in calls))
                files_before = _num_files(service)
                is_over = asyncio.Event()
                tasks = [
                    asyncio.create_task(_keep_sending(http, call, answer, outcome, is_over))
                    for call, answer in zip(calls, expected, strict=True)
                ]
                for _ in range(kills):
                    await asyncio.sleep(generator.uniform(*_SECONDS_BETWEEN_KILLS))
                    outcome.recoveries.append(await service.kill_engine())
                is_over.set()
                await asyncio.gather(*tasks)
            outcome.held = await service.held()
            outcome.replayed = int((await fetch_metrics(service.url))[_REPLAYED])
            outcome.files = files_before, await _settled_files(service, files_before)
            outcome.processes = len(psutil.Process(service.process.pid).children(recursive=True))
        outcome.unexplained = unexplained_lines(log, kills)
    return outcome


async def _keep_sending(
    http: httpx.AsyncClient, call: MixCall, expected: dict[str, Any], outcome: FaultsOutcome, is_over: asyncio.Event
) -> None:
    """Repeat the call and compare its answers, until the run is over and the last answer has ended."""
    while not is_over.is_set():
        try:
            answer = await _send(http, call)
        except _Restarting:
            outcome.refused += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), _RETRY_SECONDS)
            continue
        except (httpx.HTTPError, ValueError) as error:
            outcome.lost.append(f"{call.path}: {type(error).__name__} {error}")
            continue
        outcome.paths[call.path] += 1
        if answer == expected:
            outcome.same += 1
        else:
            outcome.different.append(f"{call.path} {call.body[:200]!r}: {answer} instead of {expected}")


class _Restarting(Exception):
    """The engine restarts, so the service refused the request before it began."""


async def _send(http: httpx.AsyncClient, call: MixCall) -> dict[str, Any]:
    """The answer to a call. Raises ValueError for an error or an incomplete answer."""
    response = await http.post(call.path, content=call.body, headers={"content-type": call.content_type})
    is_unavailable = response.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in response.headers
    if is_unavailable and response.json()["error"]["code"] == _RESTARTING:
        raise _Restarting
    if not response.is_success:
        raise ValueError(f"{response.status_code} {response.text[:300]}")
    return assemble_answer(response.text, stream=call.stream)


async def _settled_files(service: TriviumService, most: int) -> int:
    """The open descriptors once there are at most so many, or else when the connections have had time to end."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        files = _num_files(service)
        if files <= most or time.monotonic() > deadline:
            return files
        await asyncio.sleep(0.1)


def _num_files(service: TriviumService) -> int:
    """Open descriptors of the API process without the connections of clients, which come and go."""
    process = psutil.Process(service.process.pid)
    connections = [each for each in process.net_connections("tcp") if each.status != psutil.CONN_LISTEN]
    return int(process.num_fds()) - len(connections)
