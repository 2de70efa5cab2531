"""Measures a machine: steps of the real engine in this process, under loads of many shapes."""

import platform
import random
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.processes.noise import Noise
from benchmarks.serving.cases import TOKENS
from benchmarks.simulate.machine import Machine, Work, fit
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.loaded_adapters import WithoutAdapters
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.step import ChunkOutput, Step

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "processor": time.process_time}
_LONGEST_PROMPT, _LONGEST_OUTPUT = 1024, 48
_MOST_STREAMS = 32


class RecordingRunner(WithoutAdapters):
    """The engine's runner, which keeps the work of the last step."""

    def __init__(self, config: EngineConfig) -> None:
        self._runner = ModelRunner(config)
        self.info = self._runner.info
        self.work: Work | None = None

    def run(self, step: Step) -> list[ChunkOutput]:
        self.work = Work.of(step)
        return self._runner.run(step)


def measure_steps(config: EngineConfig, seconds: float, seed: int, clock: str) -> tuple[Machine, float, float]:
    """The machine after about so many seconds; the median relative error of its steps; the cores of other processes."""
    runner = RecordingRunner(config)
    engine = Engine(runner, config)
    generator, now = random.Random(seed), CLOCKS[clock]
    longest = min(_LONGEST_PROMPT, runner.info.max_model_len - _LONGEST_OUTPUT)
    steps: list[tuple[Work, float]] = []
    end, number = time.monotonic() + seconds, 0
    with Noise() as noise:
        while time.monotonic() < end:
            for _ in range(generator.choice((1, 2, 4, 8, 16, _MOST_STREAMS))):
                length = round(2 ** generator.uniform(2, longest.bit_length() - 1))
                params = SamplingParams(max_tokens=generator.randint(1, _LONGEST_OUTPUT), temperature=0.0)
                prompt = tuple(generator.choices(TOKENS, k=length))
                engine.add(Request(id=f"{number}", prompt=prompt, params=params, arrival=time.monotonic()))
                number += 1
            while engine.has_work:
                begin = now()
                engine.step()
                taken = now() - begin
                assert runner.work is not None
                if number > 1:  # the first request is a warm-up
                    steps.append((runner.work, taken))
    found = fit(steps)
    errors = sorted(abs(found.of(work) / taken - 1) for work, taken in steps)
    info = runner.info
    machine = Machine(
        processor=processor(),
        model=Path(config.model_path).name,
        measured=f"{time.strftime('%Y-%m')}, {len(steps)} steps, {clock} time",
        threads=config.threads,
        max_model_len=info.max_model_len,
        max_num_seqs=info.max_num_seqs,
        max_batch_tokens=info.max_batch_tokens,
        prefill_chunk=info.prefill_chunk,
        block_size=info.block_size,
        num_blocks=info.num_blocks,
        target_itl_ms=config.target_itl_ms,
        ageing_seconds=config.ageing_seconds,
        seconds=found,
    )
    return machine, errors[len(errors) // 2], noise.cores


def processor() -> str:
    """The name of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
