"""Loads: on the disk, by chance, and from the access log."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.simulate.access_log import load_from_log
from benchmarks.simulate.load import Arrival, Piece, read_load, write_load
from benchmarks.simulate.sessions import Sessions, make_load

SESSIONS = Sessions(rate=4.0, requests=400, context=2048, seed=1)


def test_a_load_is_read_as_it_was_written(tmp_path: Path) -> None:
    load = [Arrival(each.time.__round__(6), each.prompt, each.output) for each in make_load(SESSIONS)]
    write_load(tmp_path / "load.jsonl", load)
    assert read_load(tmp_path / "load.jsonl") == load


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "7",
        '{"time": 1, "prompt": [["a", 1]]}',
        '{"time": -1, "prompt": [["a", 1]], "output": ["b", 1]}',
        '{"time": 1, "prompt": [], "output": ["b", 1]}',
        '{"time": 1, "prompt": [["a", 1]], "output": ["b", 0]}',
        '{"time": 1, "prompt": [["a", 2], ["c", -1]], "output": ["b", 1]}',
    ],
)
def test_a_line_that_is_no_request(line: str, tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    path.write_text('{"time": 1, "prompt": [["a", 1]], "output": ["b", 1]}\n' + line + "\n")
    with pytest.raises(ValueError, match="line 2"):
        read_load(path)


def test_pieces_of_one_name_begin_alike() -> None:
    assert Piece("a", 9).ids() == Piece("a", 20).ids()[:9]
    assert Piece("a", 9).ids() != Piece("b", 9).ids()


def test_a_load_by_chance_is_in_order_and_has_the_rate() -> None:
    load = make_load(SESSIONS)
    times = [each.time for each in load]
    assert len(load) == SESSIONS.requests
    assert times == sorted(times)
    assert all(each.size <= SESSIONS.context for each in load)
    assert len(load) / times[-1] == pytest.approx(SESSIONS.rate, rel=0.35)


def test_turns_repeat_what_was_said() -> None:
    load = make_load(SESSIONS)
    outputs = {each.output.name: each for each in load}
    later = [each for each in load if len(each.prompt) > 2]
    assert later
    for each in later:
        before = outputs.get(each.prompt[-2].name)
        assert before is None or each.prompt[: len(before.prompt) + 1] == (*before.prompt, before.output)


def line(**fields: Any) -> str:
    entry = {
        "time": "2026-11-26T02:42:43.500Z",
        "logger": "service.api.middleware.access_log",
        "seconds": 0.5,
        "prompt_tokens": 100,
        "cached_tokens": 0,
        "generated_tokens": 7,
    }
    return json.dumps(entry | fields)


def test_a_log_is_a_load_by_begins_and_cached_tokens() -> None:
    lines = [
        line(),
        "a line of another program",
        line(logger="service.serving.model"),
        line(generated_tokens=0),
        line(time="2026-11-26T02:42:44.000Z", seconds=2.0, cached_tokens=64),
    ]
    first, second = load_from_log(lines)
    assert (first.time, second.time) == (0.0, 1.0)
    assert second.prompt == (Piece("own-0", 100),)
    assert first.prompt == (Piece("common", 64), Piece("own-1", 36))
    assert second.output.tokens == 7


def test_a_log_without_requests_is_an_error() -> None:
    with pytest.raises(ValueError, match="log_json"):
        load_from_log(["{}", ""])
