"""What the engine process reports beside the outputs of its engine."""

import itertools

from service.engine.execution.device_memory import DeviceMemory
from service.engine.worker import EngineWorker
from tests.engine.toy_model import ToyRunner, toy_engine
from tests.engine.workloads import make_request
from tests.fakes.clock import Clock


def test_the_memory_of_a_gpu_is_in_the_first_step_of_a_second() -> None:
    clock, free = Clock(), itertools.count(60, -10)
    worker = EngineWorker(
        toy_engine(ToyRunner()), DeviceMemory("cuda:0", measure=lambda _: (next(free), 100), clock=clock.monotonic)
    )
    worker.submit(make_request("r", (3, 4, 5), max_tokens=8))

    def reported() -> tuple[int, int]:
        stats = worker.step().stats
        return stats.device_memory_used, stats.device_memory_total

    assert [reported(), reported()] == [(40, 100), (0, 0)]
    clock.now += 1.5
    assert [reported(), reported()] == [(50, 100), (0, 0)]


def test_without_a_gpu_no_step_has_memory() -> None:
    worker = EngineWorker(toy_engine(ToyRunner()))
    worker.submit(make_request("r", (3, 4, 5), max_tokens=8))
    assert worker.step().stats.device_memory_total == 0


def test_an_idle_engine_reports_that_nothing_runs_waits_or_holds_a_block() -> None:
    worker = EngineWorker(toy_engine(ToyRunner(), seqs=1))
    for id in ("runs", "waits"):
        worker.submit(make_request(id, (3,) * 20, max_tokens=8))
    stats = worker.step().stats
    assert (stats.num_running, stats.num_waiting) == (1, 1)
    assert stats.blocks_used
    worker.abort(["runs", "waits"])
    assert not worker.has_work
    stats = worker.idle_report().stats
    assert (stats.num_running, stats.num_waiting, stats.blocks_used, stats.seconds) == (0, 0, 0, 0)
