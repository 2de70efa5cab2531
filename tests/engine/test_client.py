"""The engine process dies, gets stuck and goes wrong in many ways. The streams notice only a pause."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import pytest

from service.engine.client import EngineClient
from service.engine.protocol.outputs import ErrorKind, FinishReason, StepStats, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.token_stream import TokenStream
from service.errors import ProcessError, ProcessLost, ProcessUnavailable
from service.processes.child_process import ChildProcess
from service.processes.restart_policy import RestartPolicy
from tests.engine.configs import engine_config
from tests.engine.faulty_worker import BUSY, DEADLOCK, EXIT, LOST, NOT_FINITE, RAISE, expected
from tests.processes.process_recorder import ProcessRecorder
from tests.processes.waiting import until

POLICY = RestartPolicy(stall_seconds=2, max_restarts=3)


@dataclass
class Observed(ProcessRecorder):
    """Exits, restarts and steps of the engine."""

    steps: list[StepStats] = field(default_factory=list)

    def has_steps(self, count: int) -> bool:
        return len(self.steps) >= count


@asynccontextmanager
async def engine(path: Path, restart_policy: RestartPolicy = POLICY) -> AsyncIterator[tuple[EngineClient, Observed]]:
    """A client of a faulty engine that is ready. At the end no process and no file descriptor is left."""
    observed = Observed()
    me = psutil.Process()
    before, others = me.num_fds(), set(me.children())  # others: services that several files share
    client = EngineClient(
        engine_config(path, log_level="error"),
        restart_policy,
        process=ChildProcess("tests.engine.faulty_worker"),
        observer=observed,
        on_step=observed.steps.append,
    )
    try:
        await client.start()
        yield client, observed
    finally:
        await client.close()
    assert set(me.children()) <= others
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


def tokens(received: list[TokenOutput]) -> list[int]:
    return [output.token for output in received if output.token is not None]


def kill(client: EngineClient, number: int = signal.SIGKILL) -> None:
    assert client.pid is not None
    os.kill(client.pid, number)


async def test_no_token_is_lost_repeated_or_changed_by_kills(tmp_path: Path) -> None:
    generator = random.Random(3)
    async with engine(tmp_path) as (client, observed):
        requests = [
            request(f"r{n}", *range(1, 2 + generator.randrange(150)), max_tokens=generator.randrange(100, 400))
            for n in range(32)
        ]
        collecting = [asyncio.create_task(outputs(client.submit([each]))) for each in requests]
        for _ in range(4):
            await until(partial(observed.has_steps, len(observed.steps) + generator.randrange(1, 60)))
            kill(client)
            await until(lambda: client.status != "ready")
            await asyncio.wait_for(observed.returned.wait(), 10)
        for each, received in zip(requests, await asyncio.gather(*collecting), strict=True):
            assert tokens(received) == expected(each)
            assert [output.finish for output in received if output.finish] == [FinishReason.LENGTH]
        assert observed.causes == ["exit"] * 4
        assert all(observed.replayed)
        assert observed.steps[-1].blocks_used == observed.steps[-1].num_waiting == 0


async def test_the_fields_of_first_outputs_come_once(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, _):
        each = request("r", *range(100), max_tokens=500, prompt_logprobs=0, logprobs=0)
        received: list[TokenOutput] = []
        with client.submit([each]) as stream:
            async for output in stream:
                received.append(output)
                if len(received) == 30:
                    kill(client)
        assert tokens(received) == expected(each)
        assert len(received[0].prompt_logprobs) == 100
        assert not any(output.prompt_logprobs or output.queue_time or output.num_cached for output in received[1:])
        assert all(output.logprob is not None for output in received)


async def test_submitting_and_aborting_while_the_engine_restarts(tmp_path: Path) -> None:
    """Further requests of an open stream wait; an aborted request is not computed again; new calls are refused."""
    async with engine(tmp_path) as (client, observed):
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
        received = [seen, *await outputs(stream)]
        by_name = {name: [each for each in received if each.request_id == name] for name in ("stays", "later")}
        assert tokens(by_name["stays"]) == expected(stays)
        assert tokens(by_name["later"]) == expected(later)
        assert observed.replayed == [2]


async def test_a_frozen_process_is_ended_even_if_it_is_idle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with engine(tmp_path) as (client, observed):
        kill(client, signal.SIGSTOP)  # idle
        each = request("r", max_tokens=200)
        stream = client.submit([each])
        assert tokens(await outputs(stream)) == expected(each)
        assert observed.causes == ["frozen"]
        assert "it left no stacks" in caplog.text


async def test_a_deadlock_is_ended_and_the_request_that_causes_it_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine(tmp_path) as (client, observed):
        poison = client.submit([request("poison", DEADLOCK)])
        (output,) = await outputs(poison)
        assert (output.finish, output.error_kind) == (FinishReason.ERROR, ErrorKind.POISON_PILL)
        assert observed.causes == ["deadlocked"] * 2
        assert "faulty_worker.py" in caplog.text
        assert "in run" in caplog.text


async def test_a_step_that_computes_for_long_is_left_alone(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, observed):
        each = request("busy", BUSY, max_tokens=2)
        assert tokens(await outputs(client.submit([each]))) == expected(each)
        assert not observed.causes


async def test_a_fault_inside_a_step_fails_that_step_alone(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, observed):
        other = request("other", max_tokens=50)
        for fault in (RAISE, NOT_FINITE):
            (output,) = await outputs(client.submit([request("fault", fault)]))
            assert output.finish is FinishReason.ERROR
            assert tokens(await outputs(client.submit([other]))) == expected(other)
        beside = [asyncio.create_task(outputs(client.submit([request(f"i{n}", max_tokens=50)]))) for n in range(4)]
        (output,) = await outputs(client.submit([request("fault", NOT_FINITE)]))
        assert "not finite" in output.error
        assert [len(tokens(each)) for each in await asyncio.gather(*beside)] == [50] * 4
        assert not observed.causes
        assert observed.steps[-1].blocks_used == 0


@pytest.mark.parametrize("fault", [EXIT, LOST])
@pytest.mark.parametrize("crowd", [0, 12])
async def test_a_poison_pill_fails_alone(tmp_path: Path, crowd: int, fault: int) -> None:
    async with engine(tmp_path) as (client, observed):
        others = [request(f"i{n}", *range(5, 6 + 9 * n), max_tokens=200) for n in range(crowd)]
        collecting = [asyncio.create_task(outputs(client.submit([each]))) for each in others]
        poison = asyncio.create_task(outputs(client.submit([request("poison", fault)])))
        more = asyncio.create_task(outputs(client.submit([request("more", fault, 7)]))) if crowd else poison
        for each, received in zip(others, await asyncio.gather(*collecting), strict=True):
            assert tokens(received) == expected(each)
        for failing in (poison, more):
            (output,) = await failing
            assert (output.finish, output.error_kind) == (FinishReason.ERROR, ErrorKind.POISON_PILL)
        assert 2 <= len(observed.causes) <= (5 if crowd else 2)
        assert client.status == "restarting" or observed.steps[-1].blocks_used == 0


async def test_a_process_that_cannot_load_again_is_given_up_with_the_reason(tmp_path: Path) -> None:
    async with engine(tmp_path, RestartPolicy(2, max_restarts=2)) as (client, observed):
        stream = client.submit([request("r", max_tokens=3000)])
        await anext(aiter(stream))
        (tmp_path / "broken").touch()
        kill(client)
        with pytest.raises(ProcessLost, match="the model is broken; it is given up after 3 exits in a row"):
            await outputs(stream)
        assert client.status == "dead"
        assert observed.causes == ["exit", "load", "load", "load"]
        with pytest.raises(ProcessUnavailable):
            client.submit([request("late")])


async def test_a_process_that_dies_while_it_loads_again_is_replaced(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, observed):
        each = request("r", max_tokens=400)
        stream = client.submit([each])
        first = await anext(aiter(stream))
        before = client.pid
        kill(client)
        await until(lambda: client.pid not in (before, None))
        kill(client)
        assert [*tokens([first]), *tokens(await outputs(stream))] == expected(each)
        assert observed.causes == ["exit", "load"]


async def test_an_idle_process_that_dies_is_replaced(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, observed):
        kill(client)
        await asyncio.wait_for(observed.returned.wait(), 10)
        each = request("r")
        assert tokens(await outputs(client.submit([each]))) == expected(each)


async def test_closing_while_the_engine_restarts_fails_the_open_streams(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, _):
        stream = client.submit([request("r", max_tokens=3000)])
        await anext(aiter(stream))
        kill(client)
        await until(lambda: client.status != "ready")
        await client.close()
        assert client.status == "stopping"
        with pytest.raises(ProcessUnavailable, match=r"stopping|killed"):
            await outputs(stream)


async def test_a_client_without_a_process_starts_its_own_and_removes_it(tmp_path: Path) -> None:
    others = set(psutil.Process().children())
    client = EngineClient(engine_config(tmp_path), POLICY)
    with pytest.raises(ProcessError, match="holds no model"):
        await client.start()
    assert client.pid is None
    assert set(psutil.Process().children()) <= others
    await client.close()


async def test_a_request_that_the_engine_refuses_ends_with_the_reason(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, observed):
        (output,) = await outputs(client.submit([request("r", *range(5000))]))
        assert output.finish is FinishReason.ERROR
        assert "5000" in output.error
        assert not observed.causes


async def test_a_snapshot_shows_what_is_in_flight(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, observed):
        steps: list[StepStats] = []
        with client.observed(steps.append):
            with client.submit([request("a", 1, 2, 3, max_tokens=3000)]) as stream:
                await anext(aiter(stream))
                first, second = await asyncio.gather(client.snapshot(), client.snapshot())
            (state,) = first.sequences
            assert (state.prompt, state.most_generated, state.is_running) == (3, 3000, True)
            assert state.generated <= second.sequences[0].generated
            assert (await client.snapshot()).sequences == []  # the command to drop the request went first
        num_seen = len(steps)
        assert steps == observed.steps[:num_seen]
        await outputs(client.submit([request("b")]))
        assert len(steps) == num_seen


async def test_a_snapshot_ends_with_its_engine(tmp_path: Path) -> None:
    async with engine(tmp_path) as (client, observed):
        kill(client, signal.SIGSTOP)
        waiting = asyncio.create_task(client.snapshot())
        given_up = asyncio.create_task(client.snapshot())
        await asyncio.sleep(0)
        given_up.cancel()
        kill(client)
        with pytest.raises(ProcessUnavailable):
            await asyncio.wait_for(waiting, 10)
        await until(lambda: client.status != "ready")
        with pytest.raises(ProcessUnavailable):
            await client.snapshot()
        await asyncio.wait_for(observed.returned.wait(), 10)
        assert (await client.snapshot()).sequences == []
        assert client.exits == 1
