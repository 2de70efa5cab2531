"""Charts show the results, and the same results give the same file."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.report import charts

_CASES = {"one": 1, "streams-4": 4, "shared": 16}


def results(path: Path, *servers: str, cases: dict[str, int] = _CASES, **fields: float | None) -> Path:
    numbers = {"tokens_per_second": 1234.4, "ttft_p50": 50.0, "tpot_p50": 9.0} | fields
    rows = [
        {"server": server, "case": case, "streams": count, **numbers}
        for server in servers
        for case, count in cases.items()
    ]
    path.write_text(json.dumps({"results": rows}), encoding="utf-8")
    return path


def words(path: Path) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_bars_by_case_and_lines_over_streams(tmp_path: Path) -> None:
    file = results(tmp_path / "a.json", "it", "Trivium")
    made = charts.draw([file], tmp_path / "charts", "small")
    assert [path.name for path in made] == ["small-cases.svg", "small-concurrency.svg"]
    bars, lines = map(words, made)
    assert bars.count("1,234") == 4  # two servers under two cases: streams-4 belongs to the lines
    assert bars.index("Trivium") < bars.index("it")
    assert {"one: tokens/s", "shared"} <= set(bars)
    assert {"Trivium", "it", "streams", "1", "4"} <= set(lines)
    assert "16" not in lines  # that load is another one


def test_the_same_results_give_the_same_file_at_any_time(tmp_path: Path) -> None:
    file = results(tmp_path / "a.json", "it", "Trivium")
    first, again = (charts.draw([file], tmp_path / name, "x") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert b"<dc:date>" not in first[0].read_bytes()


def test_files_count_together_with_the_median_and_what_is_unknown_is_a_dash(tmp_path: Path) -> None:
    one = {"one": 1}
    files = [
        results(tmp_path / f"{rate}.json", "Trivium", cases=one, tokens_per_second=rate, ttft_p50=None)
        for rate in (10.0, 20.0, 90.0)
    ]
    (bars,) = charts.draw(files, tmp_path, "x")
    assert {"20", "-"} <= set(words(bars))


def test_nothing_to_draw_draws_nothing(tmp_path: Path) -> None:
    assert charts.draw([results(tmp_path / "a.json")], tmp_path, "x") == []
    with pytest.raises(KeyError):
        charts.draw([_written(tmp_path / "other.json")], tmp_path, "x")


def _written(path: Path) -> Path:
    path.write_text("{}", encoding="utf-8")
    return path
