"""The live view of one model. It costs nothing while nobody looks."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress

from service.engine.client import EngineClient
from service.engine.protocol.outputs import StepStats
from service.errors import ProcessUnavailable
from service.serving.model import ServedModel
from service.statistics.frame import Frame

_MOST_STEPS = 500  # in a frame
# The engine computes nothing while it takes a snapshot, so the pauses are this many times as long: less than 1 %.
_PAUSE_PER_SNAPSHOT = 200


class LiveViews:
    """The live views of all models, made when somebody first looks."""

    def __init__(self) -> None:
        self._views: dict[str, LiveView] = {}

    def of(self, model: ServedModel) -> "LiveView":
        """The live view of this model."""
        if model.name not in self._views:
            self._views[model.name] = LiveView(model)
        return self._views[model.name]


class LiveView:
    """Takes frames of a model while somebody looks, and shows each of them to all viewers."""

    def __init__(self, model: ServedModel, pause: float = 0.25) -> None:
        """``pause`` is the least time between two frames in seconds."""
        self._model = model
        self._pause = pause
        self._viewers = 0
        self._task: asyncio.Task[None] | None = None
        self._next: asyncio.Future[Frame] | None = None

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """The frames from now on, without end. A viewer that is slow misses some."""
        self._viewers += 1
        try:
            while True:
                if self._task is None or self._task.done():
                    self._next = asyncio.get_running_loop().create_future()
                    self._task = asyncio.create_task(self._take_frames())
                assert self._next is not None
                yield await asyncio.shield(self._next)
        finally:
            self._viewers -= 1
            if not self._viewers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _take_frames(self) -> None:
        """Take frames until the last viewer has gone. If that fails, all viewers get the error."""
        try:
            while True:
                await self._watch_runtime()
        except Exception as error:
            assert self._next is not None
            self._next.set_exception(error)

    async def _watch_runtime(self) -> None:
        """Take frames of the engine that is loaded now, or one without an engine."""
        engine = self._engine
        if engine is None:
            self._show(Frame(model=self._model.name, status=self._model.process_status))
            await asyncio.sleep(self._pause)
            return
        steps: deque[StepStats] = deque(maxlen=_MOST_STEPS)
        with engine.observed(steps.append):
            while self._engine is engine:
                pause = await self._take_frame(engine, steps)
                await asyncio.sleep(pause)

    async def _take_frame(self, engine: EngineClient, steps: "deque[StepStats]") -> float:
        """Show a frame. Return the seconds to wait before the next one."""
        info = snapshot = None
        with suppress(ProcessUnavailable):
            info = engine.info
            snapshot = await engine.snapshot()
        frame = Frame(
            model=self._model.name,
            status=self._model.process_status,
            exits=engine.exits,
            engine=info,
            steps=tuple(each for each in steps if not each.is_idle_report),
            snapshot=snapshot,
        )
        steps.clear()
        self._show(frame)
        return max(self._pause, _PAUSE_PER_SNAPSHOT * snapshot.seconds if snapshot is not None else 0.0)

    def _show(self, frame: Frame) -> None:
        shown, self._next = self._next, asyncio.get_running_loop().create_future()
        if shown is not None and not shown.done():
            shown.set_result(frame)

    @property
    def _engine(self) -> EngineClient | None:
        """The engine's client, while the model is loaded. An encoder has none."""
        return self._model.runtime.engine if self._model.is_ready else None
