"""The host's work in one decoding step of the engine process, by part, without a model and without a socket.

The parts are those of ``Engine.step`` and of the worker: schedule, build the batch, commit the sampled tokens, and
encode the message. ``rest`` is the remaining time of ``Engine.step``, mostly for statistics.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.frontend.null_runner import VOCAB_SIZE, NullRunner
from model_store.types import LocalModel
from service.engine.engine import Engine
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.step import ChunkOutput, Step
from service.processes.messages import encode
from service.settings import Settings

PARTS = ("schedule", "build", "commit", "rest", "encode", "total")


class _TimedEngine:
    """An engine with a null runner. The parts of both are timed."""

    def __init__(self, config: EngineConfig) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self._runner = NullRunner(config)
        self.info = self._runner.info
        self._engine = Engine(self, config)
        scheduler: Any = self._engine._scheduler
        scheduler.schedule = self._timed("schedule", scheduler.schedule)
        scheduler.commit = self._timed("commit", scheduler.commit)
        self._build = self._timed("build", self._runner.build)
        self._outputs = self._timed("null", self._runner.outputs)
        self._encode = self._timed("encode", encode)
        self._step = self._timed("step", self._engine.step)

    def run(self, step: Step) -> list[ChunkOutput]:
        self._build(step)
        outputs: list[ChunkOutput] = self._outputs(step)
        return outputs

    def add(self, request: Request) -> None:
        self._engine.add(request)

    def step(self) -> int:
        """Compute one step and encode its output. Returns the number of tokens."""
        output = self._step()
        self._encode(output)
        return len(output.outputs)

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        seconds, clock = self.seconds[part], time.perf_counter

        def timed(*args: Any) -> Any:
            begin = clock()
            result = function(*args)
            seconds.append(clock() - begin)
            return result

        return timed


def measure(
    model: str, *, sequences: int, steps: int, prompt_tokens: int = 128, waiting: int = 0, num_blocks: int = 0
) -> dict[str, float]:
    """The milliseconds of each part: the median of ``steps`` steps in which all ``sequences`` decode.

    ``waiting`` more requests are queued and cannot start. The KV cache has ``num_blocks`` blocks.
    """
    settings = Settings.load({"max_num_seqs": sequences, "num_blocks": num_blocks, "target_itl_ms": 0})
    engine = _TimedEngine(settings.engine_config(LocalModel(name=model, path=Path(model))))
    params = SamplingParams(max_tokens=2 * steps + prompt_tokens, temperature=0.0)
    generator = random.Random(0)
    for number in range(sequences + waiting):
        prompt = tuple(generator.choices(range(VOCAB_SIZE), k=prompt_tokens))
        engine.add(Request(id=f"cmpl-{number:032x}-0-0", prompt=prompt, params=params, arrival=time.monotonic()))
    while engine.step() < sequences:
        pass
    for seconds in engine.seconds.values():
        seconds.clear()
    for _ in range(steps):
        engine.step()
    parts = {part: median(seconds) * 1000 for part, seconds in engine.seconds.items()}
    parts["rest"] = parts["step"] - parts["schedule"] - parts["build"] - parts["commit"] - parts["null"]
    parts["total"] = parts["step"] - parts["null"] + parts["encode"]
    return {part: parts[part] for part in PARTS}
