"""BM25 over passages in several languages."""

import numpy as np
import pytest

from service.tasks.answering.retrieval.bm25 import PassageIndex

TEAMS = [f"Room {number} is used by team {chr(65 + number % 26)}{number * 7 % 1000}." for number in range(1000)]


def test_the_passage_with_most_of_the_rare_words_has_the_highest_score() -> None:
    passages = ["It rains on the island.", "The keeper of the lighthouse is Ada.", "The rain on the roof of the house."]
    scores = PassageIndex(passages).scores("Who is the keeper of the lighthouse?")
    assert scores.argmax() == 1
    assert (scores >= 0).all()


@pytest.mark.parametrize("question", ["", "?", "unicorn", "独角兽"])
def test_without_a_common_term_all_scores_are_zero(question: str) -> None:
    index = PassageIndex(["It rains.", "", "下雨了。"])
    assert index.scores(question).tolist() == [0, 0, 0]
    assert index.named(question) == []


@pytest.mark.parametrize(
    ("passages", "question"),
    [
        (TEAMS, "Which team uses room 45?"),
        ([text.replace("Room ", "Order 10485") for text in TEAMS], "Which team has order 1048545?"),
        ([f"{number}号房间由{number * 7}队使用。" for number in range(1000)], "哪个队使用45号房间？"),
        ([f"Room {number:06d} is used." for number in range(1000)], "Who uses room 000045?"),
    ],
)
def test_one_of_a_thousand_passages_is_found_by_its_number(passages: list[str], question: str) -> None:
    index = PassageIndex(passages)
    assert int(np.argmax(index.scores(question))) == 45
    assert index.named(question)[0] == 45


def test_passages_are_named_by_terms_that_hardly_any_other_has() -> None:
    passages = ["the red boat", "the red house", "the red boat of Ada", "the red tree"]
    assert PassageIndex(passages).named("Is the red boat Ada's?") == [2, 0]
