"""Streams while viewers watch the scheduler, beside the same streams without viewers, in the same run."""

import psutil

from benchmarks.live_view.viewers import viewers
from benchmarks.report.tables import open_console
from benchmarks.serving.cases import streams
from benchmarks.serving.client import Target
from benchmarks.serving.results import RoundResult, median_speed, report_results
from benchmarks.serving.rounds import TRIVIUM, fetch_model_name, measure_round, trivium_server, warm_up
from service.engine import ENGINE_WORKER

_ALONE, _WATCHED = "nobody watches", "watched"


def measure(
    source: str,
    *,
    num_viewers: int,
    num_streams: int,
    tokens: int,
    rounds: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """Print and write the results of streams of ``tokens`` tokens in and out. Raises ServerFailed."""
    console = open_console(180)
    case = streams(num_streams, tokens, tokens)
    results: list[RoundResult] = []
    engine_seconds: dict[str, float] = {_ALONE: 0.0, _WATCHED: 0.0}
    with console.status("") as status, trivium_server(source, arguments) as server:
        target = Target(TRIVIUM, server.url, fetch_model_name(server.url))
        engine = _engine_of(server.pid)
        warm_up(target)
        for number in range(rounds):
            for name, count in ((_ALONE, 0), (_WATCHED, num_viewers)):
                status.update(f"round {number + 1} of {rounds}: {name}")
                with viewers(server.url, count) as seen:
                    before = _seconds(engine)
                    results.append(measure_round(target, name, case, number, server))
                    engine_seconds[name] += _seconds(engine) - before
                if count:
                    console.print(f"each viewer saw {min(seen) / results[-1].seconds:.1f} events a second")
    report_results(console, "live-view", results, tolerance, model=source, viewers=num_viewers, streams=num_streams)
    speeds = {name: median_speed(results, name, tolerance) for name in (_ALONE, _WATCHED)}
    console.print(
        f"{num_viewers} viewers: {speeds[_WATCHED] / speeds[_ALONE]:.3f} of the speed, and "
        f"{engine_seconds[_WATCHED] / engine_seconds[_ALONE]:.3f} of the engine's processor time"
    )


def _engine_of(pid: int) -> psutil.Process:
    (engine,) = (child for child in psutil.Process(pid).children() if ENGINE_WORKER in child.cmdline())
    return engine


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
