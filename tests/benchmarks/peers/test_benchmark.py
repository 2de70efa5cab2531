"""Peers are measured beside our server, and reported if they cannot be."""

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from benchmarks.peers.benchmark import Contest, make_ratio_table, measure
from benchmarks.peers.environment import InstallFailed
from benchmarks.peers.peer import Launch, Peer
from benchmarks.peers.rival import Rival
from benchmarks.report import files
from benchmarks.serving.cases import streams
from benchmarks.serving.client import Trace
from benchmarks.serving.results import summarize
from tests.benchmarks.large_vocabulary import large_vocabulary_model


def test_ratios_are_of_the_numbers_that_both_have() -> None:
    trace = Trace(tokens=10, prompt_tokens=5, first=1.0, last=2.0, end=2.0)
    ours = summarize("Trivium", "one", [trace], 2.0, 0.0)
    theirs = summarize("it", "one", [replace(trace, first=0.5)], 4.0, 0.0)
    failed = summarize("gone", "one", [Trace(error="503")], 1.0, 0.0)
    table = make_ratio_table([ours, theirs, failed])
    assert [list(column.cells) for column in table.columns] == [
        ["one", "one"],
        ["it", "gone"],
        ["2.00 x", "-"],
        ["2.00 x", "-"],
        ["0.67 x", "-"],
    ]


@dataclass(frozen=True)
class Uninstallable:
    name: str = "uninstallable"
    origin: str = "nowhere"

    def install(self) -> None:
        raise InstallFailed("no [/such] package")

    def launch(self, model: Path) -> Launch:
        raise AssertionError("it was not installed")


@pytest.mark.slow
def test_a_peer_that_fails_is_reported_and_the_others_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = large_vocabulary_model(tmp_path / "tiny")
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    twin = Rival("twin", f"{sys.executable} -m service serve {model} --log-level warning --port {{port}}")
    absent = Rival("absent", f"{sys.executable} -c 'raise SystemExit(\"not [/here]\")'")
    peers: list[Peer] = [Uninstallable(), absent, twin]
    measure(str(model), model, peers, {"small": streams(2, 8, 4)}, 1, 100.0, [])

    (path,) = (tmp_path / "results").iterdir()
    written = json.loads(path.read_text())
    assert [(row["server"], row["case"], row["failed"]) for row in written["results"]] == [
        ("Trivium", "small", 0),
        ("twin", "small", 0),
    ]
    assert all(row["prompt_tokens"] == 8 for row in written["results"])
    assert written["missing"] == {
        "uninstallable": "InstallFailed: no [/such] package",
        "absent": "ServerFailed: not [/here]",
    }
    assert written["origins"]["twin"] == twin.origin
    printed = capsys.readouterr().out
    assert "absent was not measured: ServerFailed: not [/here]" in printed
    assert "uninstallable was not measured: InstallFailed: no [/such] package" in printed


def test_a_peer_that_starts_and_does_not_answer_is_stopped(tmp_path: Path) -> None:
    """The peer answers only /health. So it is started and found unfit, and its process must end."""
    script = tmp_path / "unfit.py"
    script.write_text(
        "import http.server, os, pathlib, sys\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if self.path == '/health' else 404)\n"
        "        self.end_headers()\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()\n"
    )
    contest = Contest("m", tmp_path, Console())
    launches = contest.install([Rival("unfit", f"{sys.executable} {script} {{port}}")])
    with ExitStack() as stack:
        assert contest.start_peers(stack, launches) == []
        assert contest.missing["unfit"].startswith("HTTPStatusError: ")
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
