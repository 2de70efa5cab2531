"""The live view takes frames for those who look, and nothing for nobody."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from service.engine.protocol.outputs import StepStats
from service.engine.protocol.snapshot import Snapshot
from service.errors import ProcessUnavailable
from service.serving.model import ServedModel
from service.statistics.live_view import LiveView

SNAPSHOT = Snapshot(
    seconds=0.0, num_running=0, num_waiting=0, sequences=[], blocks_total=4, blocks_per_cell=1, cells=[]
)


class ScriptedEngine:
    """An engine's client that answers at once, and counts what it is asked."""

    def __init__(self) -> None:
        self.info = object()
        self.exits = 0
        self.snapshots = 0
        self.observers: list[Callable[[StepStats], None]] = []
        self.error: Exception | None = None

    async def snapshot(self) -> Snapshot:
        self.snapshots += 1
        if self.error is not None:
            raise self.error
        return SNAPSHOT

    @contextmanager
    def observed(self, on_step: Callable[[StepStats], None]) -> Iterator[None]:
        self.observers.append(on_step)
        try:
            yield
        finally:
            self.observers.remove(on_step)


class ScriptedModel:
    """A served model with a scripted engine, while it is ready."""

    name = "chat"

    def __init__(self) -> None:
        self.engine = ScriptedEngine()
        self.is_ready = True

    @property
    def process_status(self) -> str:
        return "ready" if self.is_ready else "unloaded"

    @property
    def runtime(self) -> Any:
        assert self.is_ready
        return SimpleNamespace(engine=self.engine)


def step(number: int) -> StepStats:
    zeros = dict.fromkeys(("num_prefill_tokens", "num_preempted", "cache_queried_tokens", "cache_hit_tokens"), 0)
    sizes = {"num_running": 1, "num_waiting": 0, "num_decode_tokens": 1, "blocks_used": 1, "blocks_total": 4}
    return StepStats(step=number, seconds=0.01, **zeros, **sizes)


def view_of(model: ScriptedModel) -> LiveView:
    return LiveView(cast(ServedModel, model), pause=0.001)


async def test_all_viewers_see_the_same_frames_and_the_engine_takes_each_once() -> None:
    model = ScriptedModel()
    view = view_of(model)
    async with aclosing(view.frames()) as first, aclosing(view.frames()) as second:
        for _ in range(5):
            one, other = await asyncio.gather(anext(first), anext(second))
            assert one is other
    assert model.engine.snapshots == 5


async def test_a_frame_has_the_steps_since_the_one_before() -> None:
    model = ScriptedModel()
    async with aclosing(view_of(model).frames()) as frames:
        assert (await anext(frames)).steps == ()
        (observer,) = model.engine.observers
        observer(step(1))
        observer(step(2))
        assert [each.step for each in (await anext(frames)).steps] == [1, 2]
        assert (await anext(frames)).steps == ()


async def test_nothing_is_left_when_the_last_viewer_has_gone() -> None:
    model = ScriptedModel()
    view = view_of(model)
    async with aclosing(view.frames()) as first:
        await anext(first)
        async with aclosing(view.frames()) as second:
            await anext(second)
        await anext(first)
        assert len(model.engine.observers) == 1
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*tasks, return_exceptions=True)  # the task that took frames was cancelled
    assert model.engine.observers == []
    taken = model.engine.snapshots
    async with aclosing(view.frames()) as again:
        await anext(again)
    assert model.engine.snapshots == taken + 1


async def test_a_model_that_is_unloaded_and_loaded_again_is_followed() -> None:
    model = ScriptedModel()
    async with aclosing(view_of(model).frames()) as frames:
        assert (await anext(frames)).snapshot is SNAPSHOT
        model.is_ready = False
        while (frame := await anext(frames)).status != "unloaded" or frame.engine is not None:
            pass
        assert frame.snapshot is None
        assert model.engine.observers == []
        model.engine, model.is_ready = ScriptedEngine(), True
        while (frame := await anext(frames)).snapshot is None:
            pass
        assert len(model.engine.observers) == 1


async def test_while_the_engine_restarts_frames_go_on_without_a_snapshot() -> None:
    model = ScriptedModel()
    async with aclosing(view_of(model).frames()) as frames:
        await anext(frames)
        model.engine.error, model.engine.exits = ProcessUnavailable("restarting", "the engine is restarting"), 1
        while (frame := await anext(frames)).snapshot is not None:
            pass
        assert frame.exits == 1
        model.engine.error = None
        while (await anext(frames)).snapshot is None:
            pass


async def test_an_error_of_ours_reaches_the_viewers_and_the_next_one_starts_afresh() -> None:
    model = ScriptedModel()
    view = view_of(model)
    model.engine.error = ZeroDivisionError()
    async with aclosing(view.frames()) as frames:
        with pytest.raises(ZeroDivisionError):
            await anext(frames)
    model.engine.error = None
    async with aclosing(view.frames()) as frames:
        assert (await anext(frames)).snapshot is SNAPSHOT


async def test_the_pause_is_long_enough_for_the_engine_to_lose_less_than_a_hundredth() -> None:
    model = ScriptedModel()

    async def slow() -> Snapshot:
        model.engine.snapshots += 1
        return Snapshot(
            seconds=1000.0, num_running=0, num_waiting=0, sequences=[], blocks_total=1, blocks_per_cell=1, cells=[]
        )

    model.engine.snapshot = slow  # type: ignore[method-assign]
    async with aclosing(view_of(model).frames()) as frames:
        await anext(frames)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(frames), 0.2)
    assert model.engine.snapshots == 1
