"""Exact match and F1 of short answers."""

import pytest

from benchmarks.quality.squad import comparable_words, exact_match, f1


@pytest.mark.parametrize(
    ("given", "expected", "language", "exact", "share"),
    [
        ("The  Cat.", "a cat", "en", 1, 1),
        ("a black cat", "cat", "en", 0, 2 / 3),
        ("cat cat", "cat", "en", 0, 2 / 3),
        ("", "cat", "en", 0, 0),
        ("theatre", "atre", "en", 0, 0),
        ("“308” 分。", "308分", "zh", 1, 1),
        ("黑豹队", "黑豹", "zh", 0, 4 / 5),
        ("the 308 分", "308 分", "zh", 0, 4 / 5),  # Chinese has no articles
    ],
)
def test_exact_match_and_f1(given: str, expected: str, language: str, exact: float, share: float) -> None:
    assert exact_match(given, ["something", expected], language) == exact
    assert f1(given, ["something", expected], language) == pytest.approx(share)


def test_words_of_chinese_are_characters_and_runs_of_others() -> None:
    assert comparable_words("在NFL的24次。", "zh") == ["在", "nfl", "的", "24", "次"]
