"""Our server and a peer are measured with and without structures, and the table tells what each structure cost."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.table import Table

from benchmarks.peers.environment import Environment
from benchmarks.peers.llama_cpp import LlamaCpp
from benchmarks.peers.rival import Rival
from benchmarks.report import files
from benchmarks.serving.client import Trace
from benchmarks.serving.results import summarize
from benchmarks.structured.benchmark import measure
from benchmarks.structured.outcome import Validity
from benchmarks.structured.summary import FREE, STRUCTURED, make_summary
from tests.benchmarks.large_vocabulary import large_vocabulary_model


@pytest.mark.slow
def test_a_peer_is_measured_beside_our_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = large_vocabulary_model(tmp_path / "tiny")
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    twin = Rival("twin", f"{sys.executable} -m service serve {model} --log-level warning --port {{port}}")
    absent = Rival("absent", f"{sys.executable} -c 'raise SystemExit(\"not here\")'")
    measure(str(model), model, [absent, twin], num_streams=2, tokens=4, rounds=1, tolerance=100.0, arguments=[])

    (path,) = (tmp_path / "results").iterdir()
    written = json.loads(path.read_text())
    assert [(row["server"], row["case"], row["failed"]) for row in written["results"]] == [
        (server, case, 0) for server in ("Trivium", "twin") for case in (STRUCTURED, FREE)
    ]
    assert written["outputs"] == {
        name: {"valid": 0, "invalid": 0, "cut": 2, "failed": 0} for name in ("Trivium", "twin")
    }
    assert written["missing"] == {"absent": "ServerFailed: not here"}
    assert written["origins"]["twin"] == twin.origin
    assert "absent was not measured: ServerFailed: not here" in capsys.readouterr().out


def test_the_table_has_the_medians_of_quiet_rounds() -> None:
    trace = Trace(tokens=11, prompt_tokens=5, first=1.0, last=2.0, end=2.0)  # 100 ms for each token
    slow = replace(trace, first=1.5, last=2.6)  # 110 ms
    noisy = replace(trace, first=9.0, last=99.0)
    results = [
        summarize("it", FREE, [trace], 2.0, 0.0),
        summarize("it", STRUCTURED, [slow], 2.0, 0.0),
        summarize("it", STRUCTURED, [noisy], 2.0, 1.0),
        summarize("refuser", FREE, [trace], 2.0, 0.0),
        summarize("refuser", STRUCTURED, [Trace(error="400")], 2.0, 0.0),
    ]
    outputs = {"it": Validity(3, 1, 2, 0), "refuser": Validity(0, 0, 0, 4)}
    rows = _rows(make_summary(results, outputs, tolerance=0.5))
    assert rows["it"][2:] == ["100.0", "110.0", "1,000", "1,500", "+10%", "+500 ms", "3 of 4", "2", "0"]
    assert rows["refuser"][2:] == ["100.0", "-", "1,000", "-", "-", "-", "0 of 0", "0", "4"]


def test_llama_cpp_gets_the_schema_in_its_own_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Environment, "run", lambda self, *command: None)
    launch = LlamaCpp("bf16", Environment("it", tmp_path)).launch(tmp_path)
    assert launch.schema_fields({"type": "null"}) == {"json_schema": {"type": "null"}}


def _rows(table: Table) -> dict[str, list[str]]:
    columns = [list(map(str, column.cells)) for column in table.columns]
    return {name: [column[row] for column in columns[1:]] for row, name in enumerate(columns[0])}
