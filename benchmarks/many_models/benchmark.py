"""One command that serves a language model, an embedder and a reader; loads and unloads while clients ask them all."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path

import httpx
import psutil

from benchmarks.many_models.outcome import ManyModelsOutcome
from benchmarks.many_models.traffic import Ask, chat, question, texts, traffic
from benchmarks.processes.trivium_service import TriviumService, trivium_service

CHAT, EMBEDDER, READER = "chat", "embedder", "reader"

_KINDS: list[Ask] = [chat(CHAT), texts(EMBEDDER), question(READER), chat(CHAT, stream=True)]
_ANSWER_SECONDS = 600.0


async def load_and_unload(
    sources: Mapping[str, str], *, clients: int, rounds: int, pause: float, arguments: list[str]
) -> ManyModelsOutcome:
    """Serve the models of ``sources``, and unload and load each of them ``rounds`` times while ``clients`` ask them.

    ``sources`` has the source of each of the three models. Between two changes the clients go on for ``pause`` seconds.
    ``arguments`` are further ones of ``trivium serve``. Raises RuntimeError if the service does not become ready.
    """
    outcome = ManyModelsOutcome()
    first, *others = (f"{name}={source}" for name, source in sources.items())
    flags = [flag for other in others for flag in ("--model", other)]
    with tempfile.TemporaryDirectory() as directory:
        begin = time.monotonic()
        with trivium_service(first, Path(directory) / "log", [*flags, *arguments]) as service:
            await service.wait_until_ready()
            outcome.start_seconds = time.monotonic() - begin
            async with httpx.AsyncClient(base_url=service.url, timeout=_ANSWER_SECONDS) as http:
                await _measure_memory(service, http, sources, outcome)
                async with traffic(service.url, list(islice(cycle(_KINDS), clients))) as outcome.tally:
                    for _ in range(rounds):
                        for model in sources:
                            await asyncio.sleep(pause)
                            outcome.unloads[model].append(await _change(http, model, "unload"))
                            await asyncio.sleep(pause)
                            outcome.loads[model].append(await _change(http, model, "load"))
                    await asyncio.sleep(pause)
                outcome.held = await service.held()
                for model in sources:
                    await _change(http, model, "unload")
            process = psutil.Process(service.process.pid)
            outcome.memory_when_unloaded = _memory(process)
            outcome.children = len(process.children(recursive=True))
    return outcome


async def _measure_memory(
    service: TriviumService, http: httpx.AsyncClient, sources: Mapping[str, str], outcome: ManyModelsOutcome
) -> None:
    """The memory of each process after one request to each model. An unload shows which process is the model's."""
    for ask in _KINDS:
        (await http.post(ask.path, json=ask.body)).raise_for_status()
    api = psutil.Process(service.process.pid)
    memory = {child: _memory(child) for child in api.children(recursive=True)}
    outcome.memory["api"] = _memory(api)
    for model in sources:
        await _change(http, model, "unload")
        outcome.memory[model] = sum(memory.pop(child) for child in list(memory) if not child.is_running())
        await _change(http, model, "load")


async def _change(http: httpx.AsyncClient, model: str, action: str) -> float:
    """Load or unload a model, and return the seconds that it took."""
    begin = time.monotonic()
    (await http.post(f"/v1/models/{model}/{action}")).raise_for_status()
    return time.monotonic() - begin


def _memory(process: psutil.Process) -> int:
    """PSS of one process, or RSS on systems without PSS."""
    memory = process.memory_full_info()
    return int(getattr(memory, "pss", memory.rss))
