"""Traces become numbers, and numbers become a table."""

from benchmarks.serving.client import Trace
from benchmarks.serving.results import make_table, summarize


def test_a_round_without_an_answer_has_no_numbers() -> None:
    result = summarize("it", "one", [Trace(error="503")], 1.0, 0.0)
    cells = [list(column.cells) for column in make_table([result], 0.1).columns]
    assert cells[2:5] == [["-"], ["0.0"], ["0.0"]]
    assert cells[5:15] == [["-"]] * 10
    assert (result.failed, result.errors) == (1, ["503"])
