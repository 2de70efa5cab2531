"""The engine dies, gets stuck or goes wrong in every way that can be had; whoever waits notices a pause at most."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil
import pytest

from service.engine.client import EngineClient
from service.engine.protocol.messages import decode_event
from service.engine.protocol.outputs import ErrorKind, FinishReason, StepOutput, StepStats, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.token_stream import TokenStream
from service.errors import ProcessUnavailable
from service.processes.child_process import ChildProcess
from service.processes.link import Link
from service.processes.messages import Submit, encode
from service.processes.restart_policy import RestartPolicy
from tests.engine.configs import engine_config
from tests.processes.faulty_worker import BUSY, DEADLOCK, EXIT, LOST, NOT_FINITE, RAISE, expected

IMPATIENT = RestartPolicy(stall_seconds=2, max_restarts=3)


@dataclass
class Deaths:
    """What an observer was told."""

    causes: list[str] = field(default_factory=list)
    replayed: list[int] = field(default_factory=list)
    back: asyncio.Event = field(default_factory=asyncio.Event)
    steps: list[StepStats] = field(default_factory=list)

    def process_died(self, process: str, cause: str) -> None:
        assert process == "engine"
        self.causes.append(cause)
        self.back.clear()

    def process_returned(self, process: str, seconds: float, replayed: int) -> None:
        assert seconds > 0
        self.replayed.append(replayed)
        self.back.set()


@asynccontextmanager
async def engine(path: Path, restart_policy: RestartPolicy = IMPATIENT) -> AsyncIterator[tuple[EngineClient, Deaths]]:
    """A faulty engine that is ready. At the end nothing of it is left: no process, no descriptor."""
    deaths = Deaths()
    me = psutil.Process()
    before = me.num_fds()
    client = EngineClient(
        engine_config(path, log_level="error"),
        process=ChildProcess("tests.processes.faulty_worker"),
        restart_policy=restart_policy,
        observer=deaths,
        on_step=deaths.steps.append,
    )
    try:
        await client.start()
        yield client, deaths
    finally:
        await client.close()
    assert not me.children()
    assert me.num_fds() <= before + 3  # an event loop's first thread and context


def request(name: str, *prompt: int, max_tokens: int = 20, **params: object) -> Request:
    return Request(
        id=name,
        prompt=prompt or (1, 2, 3),
        params=SamplingParams(max_tokens=max_tokens, seed=len(name), **params),  # type: ignore[arg-type]
    )


async def outputs(stream: TokenStream) -> list[TokenOutput]:
    with stream:
        return [output async for output in stream]


def tokens(told: list[TokenOutput]) -> list[int]:
    return [output.token for output in told if output.token is not None]


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as it holds, which must be within ten seconds."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError


def kill(client: EngineClient, number: int = signal.SIGKILL) -> None:
    assert client.pid is not None
    os.kill(client.pid, number)


async def test_killed_again_and_again_while_tokens_flow_nothing_is_lost_repeated_or_changed(tmp_path: Path) -> None:
    generator = random.Random(3)
    async with engine(tmp_path) as (client, deaths):
        requests = [
            request(f"r{n}", *range(1, 2 + generator.randrange(150)), max_tokens=generator.randrange(100, 400))
            for n in range(32)
        ]
        readers = [asyncio.create_task(outputs(client.submit([each]))) for each in requests]
        for _ in range(4):
            steps = len(deaths.steps) + generator.randrange(1, 60)
            await until(lambda steps=steps: len(deaths.steps) >= steps)
            kill(client)
            await until(lambda: client.status != "ready")
            await asyncio.wait_for(deaths.back.wait(), 10)
        for each, told in zip(requests, await asyncio.gather(*readers), strict=True):
            assert tokens(told) == expected(each)
            assert [output.finish for output in told if output.finish] == [FinishReason.LENGTH]
        assert deaths.causes == ["exit"] * 4
        assert all(deaths.replayed)
        assert deaths.steps[-1].blocks_used == deaths.steps[-1].num_waiting == 0


async def test_what_is_told_before_it_listens_is_not_lost(tmp_path: Path) -> None:
    told: asyncio.Queue[bytes] = asyncio.Queue()
    config = engine_config(tmp_path, log_level="error")
    link = Link(ChildProcess("tests.processes.faulty_worker"), msgspec.json.encode(config), told.put_nowait)
    each = request("early", max_tokens=3)
    link.send(encode(Submit([each])))
    outputs: list[TokenOutput] = []
    async with asyncio.timeout(20):
        while len(outputs) < 3:
            event = decode_event(await told.get())
            outputs += event.outputs if isinstance(event, StepOutput) else []
    assert tokens(outputs) == expected(each)
    await link.close()


async def test_what_only_the_first_output_holds_is_told_once(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, _):
        each = request("r", *range(100), max_tokens=500, prompt_logprobs=0, logprobs=0)
        told: list[TokenOutput] = []
        with client.submit([each]) as stream:
            async for output in stream:
                told.append(output)
                if len(told) == 30:
                    kill(client)
        assert tokens(told) == expected(each)
        assert len(told[0].prompt_logprobs) == 100
        assert not any(output.prompt_logprobs or output.queue_time or output.num_cached for output in told[1:])
        assert all(output.logprob is not None for output in told)


async def test_who_comes_or_goes_while_it_restarts(tmp_path: Path) -> None:
    """A later round of what has begun waits; what is given up is not computed again; a newcomer is told."""
    async with engine(tmp_path) as (client, deaths):
        stays, goes = request("stays", max_tokens=300), request("goes", max_tokens=3000)
        stream = client.submit([stays, goes])
        seen = await anext(aiter(stream))
        kill(client)
        await until(lambda: client.status != "ready")
        with pytest.raises(ProcessUnavailable, match=r"restarting|killed by signal 9") as refused:
            client.require_ready()
        assert refused.value.reason == "restarting"
        stream.abort("goes")
        later = request("later")
        client.submit([later], stream)
        told = [seen, *await outputs(stream)]
        by_name = {name: [each for each in told if each.request_id == name] for name in ("stays", "later")}
        assert tokens(by_name["stays"]) == expected(stays)
        assert tokens(by_name["later"]) == expected(later)
        assert deaths.replayed == [2]


async def test_one_that_is_stopped_is_ended_and_one_that_is_idle_is_watched_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine(tmp_path) as (client, deaths):
        kill(client, signal.SIGSTOP)  # idle
        each = request("r", max_tokens=200)
        stream = client.submit([each])
        assert tokens(await outputs(stream)) == expected(each)
        assert deaths.causes == ["frozen"]
        assert "it left no stacks" in caplog.text


async def test_a_deadlock_is_ended_with_its_stacks_in_the_log_and_fails_who_causes_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine(tmp_path) as (client, deaths):
        poison = client.submit([request("poison", DEADLOCK)])
        (told,) = await outputs(poison)
        assert (told.finish, told.error_kind) == (FinishReason.ERROR, ErrorKind.POISON_PILL)
        assert deaths.causes == ["deadlocked"] * 2
        assert "faulty_worker.py" in caplog.text
        assert "in run" in caplog.text


async def test_a_step_that_computes_for_long_is_left_alone(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, deaths):
        each = request("busy", BUSY, max_tokens=2)
        assert tokens(await outputs(client.submit([each]))) == expected(each)
        assert not deaths.causes


async def test_a_fault_inside_a_step_fails_that_step_alone(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, deaths):
        innocent = request("innocent", max_tokens=50)
        for fault in (RAISE, NOT_FINITE):
            (told,) = await outputs(client.submit([request("fault", fault)]))
            assert told.finish is FinishReason.ERROR
            assert tokens(await outputs(client.submit([innocent]))) == expected(innocent)
        beside = [asyncio.create_task(outputs(client.submit([request(f"i{n}", max_tokens=50)]))) for n in range(4)]
        (told,) = await outputs(client.submit([request("fault", NOT_FINITE)]))
        assert "not finite" in told.error
        assert [len(tokens(each)) for each in await asyncio.gather(*beside)] == [50] * 4
        assert not deaths.causes
        assert deaths.steps[-1].blocks_used == 0


@pytest.mark.parametrize("fault", [EXIT, LOST])
@pytest.mark.parametrize("crowd", [0, 12])
async def test_a_poisonous_request_fails_alone(tmp_path: Path, crowd: int, fault: int) -> None:
    async with engine(tmp_path) as (client, deaths):
        innocents = [request(f"i{n}", *range(5, 6 + 9 * n), max_tokens=200) for n in range(crowd)]
        readers = [asyncio.create_task(outputs(client.submit([each]))) for each in innocents]
        poison = asyncio.create_task(outputs(client.submit([request("poison", fault)])))
        more = asyncio.create_task(outputs(client.submit([request("more", fault, 7)]))) if crowd else poison
        for each, told in zip(innocents, await asyncio.gather(*readers), strict=True):
            assert tokens(told) == expected(each)
        for each in (poison, more):
            (told,) = await each
            assert (told.finish, told.error_kind) == (FinishReason.ERROR, ErrorKind.POISON_PILL)
        assert 2 <= len(deaths.causes) <= (5 if crowd else 2)
        assert client.status == "restarting" or deaths.steps[-1].blocks_used == 0


async def test_loading_that_fails_again_and_again_is_given_up_with_the_reason(tmp_path: Path) -> None:
    async with engine(tmp_path, RestartPolicy(2, max_restarts=2)) as (client, deaths):
        stream = client.submit([request("r", max_tokens=3000)])
        await anext(aiter(stream))
        (tmp_path / "broken").touch()
        kill(client)
        with pytest.raises(ProcessUnavailable, match="the model is broken; it is given up after 3 exits in a row"):
            await outputs(stream)
        assert client.status == "dead"
        assert deaths.causes == ["exit", "load", "load", "load"]
        with pytest.raises(ProcessUnavailable):
            client.submit([request("late")])


async def test_dying_while_it_loads_again_is_a_death_like_another(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, deaths):
        each = request("r", max_tokens=400)
        stream = client.submit([each])
        first = await anext(aiter(stream))
        before = client.pid
        kill(client)
        await until(lambda: client.pid not in (before, None))
        kill(client)
        assert [*tokens([first]), *tokens(await outputs(stream))] == expected(each)
        assert deaths.causes == ["exit", "load"]


async def test_dying_while_idle_disturbs_nobody(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, deaths):
        kill(client)
        await asyncio.wait_for(deaths.back.wait(), 10)
        each = request("r")
        assert tokens(await outputs(client.submit([each]))) == expected(each)


async def test_closing_while_it_restarts_fails_who_waits_and_leaves_nothing(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, _):
        stream = client.submit([request("r", max_tokens=3000)])
        await anext(aiter(stream))
        kill(client)
        await until(lambda: client.status != "ready")
        await client.close()
        assert client.status == "stopping"
        with pytest.raises(ProcessUnavailable, match=r"stopping|killed"):
            await outputs(stream)
