"""Charts show the results, and equal results give equal files."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.serving.charts import draw

_CASES = {"one": 1, "streams-4": 4, "shared": 16}


def write_results_file(path: Path, *servers: str, cases: dict[str, int] = _CASES, **fields: float | None) -> Path:
    """A result file with a row for each server and case."""
    numbers = {"tokens_per_second": 1234.4, "ttft_p50": 50.0, "tpot_p50": 9.0} | fields
    rows = [
        {"server": server, "case": case, "streams": count, **numbers}
        for server in servers
        for case, count in cases.items()
    ]
    path.write_text(json.dumps({"results": rows}), encoding="utf-8")
    return path


def words(path: Path) -> list[str]:
    """The texts in an SVG file."""
    return ["".join(each.itertext()) for each in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_bars_by_case_and_lines_over_streams(tmp_path: Path) -> None:
    file = write_results_file(tmp_path / "a.json", "it", "Trivium")
    paths = draw([file], tmp_path / "charts", "small")
    assert [path.name for path in paths] == ["small-cases.svg", "small-concurrency.svg"]
    bars, lines = map(words, paths)
    assert bars.count("1,234") == 4  # two servers under two cases: streams-4 belongs to the lines
    assert bars.index("Trivium") < bars.index("it")
    assert {"one: tokens/s", "shared"} <= set(bars)
    assert {"Trivium", "it", "streams", "1", "4"} <= set(lines)
    assert "16" not in lines  # the case "shared" has another load


def test_equal_results_give_equal_files_at_any_time(tmp_path: Path) -> None:
    file = write_results_file(tmp_path / "a.json", "it", "Trivium")
    first, again = (draw([file], tmp_path / name, "x") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert b"<dc:date>" not in first[0].read_bytes()


def test_several_files_give_their_median_and_an_unknown_number_is_a_dash(tmp_path: Path) -> None:
    one = {"one": 1}
    files = [
        write_results_file(tmp_path / f"{rate}.json", "Trivium", cases=one, tokens_per_second=rate, ttft_p50=None)
        for rate in (10.0, 20.0, 90.0)
    ]
    (bars,) = draw(files, tmp_path, "x")
    assert {"20", "-"} <= set(words(bars))


def test_a_file_without_rows_gives_no_chart(tmp_path: Path) -> None:
    assert draw([write_results_file(tmp_path / "a.json")], tmp_path, "x") == []


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}", encoding="utf-8")
    with pytest.raises(KeyError):
        draw([other], tmp_path, "x")
