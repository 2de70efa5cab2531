"""The benchmark runs each case with both engines, and refuses outputs that differ."""

import re
from pathlib import Path

import pytest

from benchmarks.report import files
from benchmarks.speculation.benchmark import Pair, Turn, measure
from benchmarks.speculation.cases import Case, make_cases
from service.tasks.text.tokenizer import Tokenizer
from tests.engine.configs import engine_config
from tests.engine.tiny_models import served_model


def test_the_cases_have_as_many_prompts_as_streams() -> None:
    cases = make_cases(20)
    assert [case.streams for case in cases.values()] == [1, 1, 1, 20, 20]
    for case in cases.values():
        assert len(case.prompts) % case.streams == 0
        assert all(len(prompt) < 2700 for prompt in case.prompts)
    assert len(set(cases["ordinary"].prompts)) == 4
    assert all("\n\n" in prompt for prompt in cases["edits"].prompts + cases["summaries"].prompts)


def test_both_engines_compute_every_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    path = served_model(tmp_path / "model")
    case = Case("repeats", 2, ("a b a b a b", "c d c d c d"), temperature=0.0)
    measure(engine_config(path), Tokenizer.load(path), [case], tokens=30, rounds=1, tolerance=99)
    assert len(list((tmp_path / "results").iterdir())) == 1
    assert "repeats" in capsys.readouterr().out


def test_a_draft_model_is_measured_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    path, draft = served_model(tmp_path / "model"), served_model(tmp_path / "draft")
    case = Case("words", 1, ("a b c",), temperature=0.0)
    config = engine_config(path, speculation="draft", draft_model_path=str(draft))
    measure(config, Tokenizer.load(path), [case], tokens=30, rounds=1, tolerance=99)
    printed = capsys.readouterr().out
    for kind in ("ngram", "draft"):
        assert re.search(rf"words\W+{kind}", printed)


def test_the_ratio_is_how_many_times_as_fast_guesses_are() -> None:
    off, on = (Turn("a", 1, kind, seconds=s, processor_seconds=2 * s) for kind, s in (("off", 3.0), ("ngram", 2.0)))
    assert (Pair(off, on).ratio, Pair(off, on).processor_ratio) == (1.5, 1.5)
