"""The subcommands, with small loads."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.commands.simulate import app
from benchmarks.report import files
from benchmarks.serving.client import Trace
from benchmarks.simulate.checking import _measured, _with_its_own_output, find_factor
from benchmarks.simulate.load import Arrival, Piece, read_load
from benchmarks.simulate.machine import DEFAULT, read_machine
from benchmarks.simulate.routing import RoundRobin
from benchmarks.simulate.sessions import Sessions, make_load
from benchmarks.simulate.simulation import simulate


@pytest.fixture(autouse=True)
def _results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")


def test_the_table_has_a_row_for_each_policy_and_number() -> None:
    done = CliRunner().invoke(app, ["simulate", "--replicas", "1,2", "--requests", "6", "--rate", "1", "--price", "3"])
    assert done.exit_code == 0, done.output
    for policy in ("round-robin", "least-tokens", "prefix-aware"):
        assert done.output.count(policy) == 2


def test_a_recorded_log_is_simulated(tmp_path: Path) -> None:
    log, load = tmp_path / "log", tmp_path / "load.jsonl"
    entry = (
        '{"time": "2026-11-26T02:42:4%d.000Z", "logger": "service.api.middleware.access_log", "seconds": 0.1,'
        ' "prompt_tokens": 40, "cached_tokens": 16, "generated_tokens": 3}\n'
    )
    log.write_text("".join(entry % second for second in range(4)))
    done = CliRunner().invoke(app, ["simulate-record", str(log), "--output", str(load)])
    assert done.exit_code == 0, done.output
    assert len(read_load(load)) == 4
    done = CliRunner().invoke(app, ["simulate", "--load", str(load), "--replicas", "1", "--policies", "round-robin"])
    assert done.exit_code == 0, done.output
    assert done.output.count("round-robin") == 1


@pytest.mark.parametrize("arguments", [["--policies", "best"], ["--load", "none.jsonl"], ["--machine", "none.json"]])
def test_wrong_arguments_are_told(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["simulate", *arguments])
    assert done.exit_code == 2


def test_the_figures_of_traces() -> None:
    arrivals = [Arrival(0.0, (Piece("a", 4),), Piece("b", 3)), Arrival(1.0, (Piece("a", 4),), Piece("c", 3))]
    traces = [
        Trace(tokens=3, first=0.5, last=1.0, gaps=[0.2, 0.3]),
        Trace(tokens=3, first=0.7, last=2.0, gaps=[0.6, 0.7]),
    ]
    figures = _measured(arrivals, traces)
    assert figures.tokens_per_second == pytest.approx(6 / 3.0)
    assert (figures.ttft_p50, figures.ttft_p95, figures.itl_p50) == pytest.approx((500.0, 700.0, 300.0))
    with pytest.raises(RuntimeError, match="1 requests failed: 503"):
        _measured(arrivals, [traces[0], Trace(error="503")])


def test_the_factor_makes_the_steps_take_as_long_as_they_did() -> None:
    machine = read_machine(DEFAULT)
    load = make_load(Sessions(rate=0.3, requests=20, context=1500))
    _, replicas = simulate(machine.times(1.7), load, RoundRobin(1, machine), 1)
    assert find_factor(machine, load, replicas[0].busy_seconds) == pytest.approx(1.7, rel=0.02)


def test_what_a_real_model_writes_is_in_no_later_prompt() -> None:
    arrival = _with_its_own_output(7, Arrival(0.0, (Piece("a", 4),), Piece("answer", 3)))
    assert arrival.output == Piece("real-7", 3)
