"""The host's work for one decoding step, by parts, without a model and without a socket.

The parts are those of ``Engine.step`` and of the engine process: schedule, build the batch, commit the sampled tokens,
and encode the message. ``rest`` is the engine's own work between them, mostly its statistics.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, ParamSpec, TypeVar

from benchmarks.frontend.null_model import VOCAB_SIZE, NullRunner
from model_store.types import LocalModel
from service.engine.engine import Engine
from service.engine.loaded_adapters import WithoutAdapters
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.step import ChunkOutput, Step
from service.processes.messages import encode
from service.settings import Settings

PARTS = ("schedule", "build", "commit", "rest", "encode", "total")

P = ParamSpec("P")
R = TypeVar("R")


class TimedHost(WithoutAdapters):
    """An engine with the null model. The parts of its steps are timed."""

    def __init__(self, config: EngineConfig) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)  # of each call, by part
        self._runner = NullRunner(config)
        self.info = self._runner.info
        self._engine = Engine(self, config)
        scheduler: Any = self._engine._scheduler
        scheduler.schedule = self._timed("schedule", scheduler.schedule)
        scheduler.commit = self._timed("commit", scheduler.commit)
        self._build_batch = self._timed("build", self._runner.build_batch)
        self._make_outputs = self._timed("null", self._runner.make_outputs)
        self._encode = self._timed("encode", encode)
        self._step = self._timed("step", self._engine.step)

    def run(self, step: Step) -> list[ChunkOutput]:
        """The runner's part of a step, called by the engine."""
        self._build_batch(step)
        return self._make_outputs(step)

    def add(self, request: Request) -> None:
        """Queue a request."""
        self._engine.add(request)

    def step(self) -> int:
        """Run one step and encode its message; return the number of its outputs."""
        output = self._step()
        self._encode(output)
        return len(output.outputs)

    def _timed(self, part: str, function: Callable[P, R]) -> Callable[P, R]:
        seconds, clock = self.seconds[part], time.perf_counter

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            start = clock()
            result = function(*args, **kwargs)
            seconds.append(clock() - start)
            return result

        return call


def measure_step(
    model: str, *, sequences: int, steps: int, prompt_tokens: int = 128, waiting: int = 0, num_blocks: int = 0
) -> dict[str, float]:
    """Milliseconds of each part, the median of ``steps`` steps in which all ``sequences`` decode.

    ``model`` is a directory of the null model. ``waiting`` further requests stay in the queue. The cache has
    ``num_blocks`` blocks, or as many as the null model chooses if it is 0.
    """
    settings = Settings.load({"max_num_seqs": sequences, "num_blocks": num_blocks, "target_itl_ms": 0})
    host = TimedHost(settings.engine_config(LocalModel(name=model, path=Path(model))))
    params = SamplingParams(max_tokens=2 * steps + prompt_tokens, temperature=0.0)
    generator = random.Random(0)
    for number in range(sequences + waiting):
        prompt = tuple(generator.choices(range(VOCAB_SIZE), k=prompt_tokens))
        host.add(Request(id=f"cmpl-{number:032x}-0-0", prompt=prompt, params=params, arrival=time.monotonic()))
    while host.step() < sequences:
        pass
    for seconds in host.seconds.values():
        seconds.clear()
    for _ in range(steps):
        host.step()
    parts = {part: median(seconds) * 1000 for part, seconds in host.seconds.items()}
    parts["rest"] = parts["step"] - parts["schedule"] - parts["build"] - parts["commit"] - parts["null"]
    parts["total"] = parts["step"] - parts["null"] + parts["encode"]
    return {part: parts[part] for part in PARTS}
