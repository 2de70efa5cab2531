"""Scores of texts by the words that they share with a question."""

import pytest

from service.tasks.answering.documents.relevance import Relevance, is_in_another_script, terms
from service.tasks.answering.documents.windows import Window
from service.tasks.answering.query import ContextDocument

DOCUMENT = ContextDocument(id="", text="")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Lighthouses, the LIGHTHOUSE!", {"the", "light"}),
        ("a_b c", {"a", "b", "c"}),
        ("灯塔看守人", {"灯塔", "塔看", "看守", "守人"}),
        ("灯", {"灯"}),
        ("Python的GIL", {"pytho", "的", "gil"}),
        ("", set()),
        (" .,!? ", set()),
    ],
)
def test_terms_are_beginnings_of_words_or_pairs_of_characters(text: str, expected: set[str]) -> None:
    assert terms(text) == expected


def test_a_text_with_all_terms_scores_one_and_a_text_with_none_scores_zero() -> None:
    relevance = Relevance("Who keeps the lighthouse?", ["The keeper of the lighthouse.", "It rains.", "Who?"])
    assert relevance.score("who keeps the lighthouse") == pytest.approx(1.0)
    assert relevance.score("Rain") == 0.0


def test_rare_terms_count_for_more() -> None:
    relevance = Relevance("rain lighthouse", ["rain", "rain", "rain", "lighthouse"])
    assert relevance.score("lighthouse") > relevance.score("rain") > 0
    assert relevance.score("lighthouse") + relevance.score("rain") == pytest.approx(1.0)


def test_terms_that_no_text_has_do_not_count() -> None:
    relevance = Relevance("rain unicorn", ["rain", "snow"])
    assert relevance.score("rain") == 1.0
    assert relevance.score("unicorn") == 0.0


def test_coverage_counts_all_terms_of_the_question_alike() -> None:
    relevance = Relevance("rain lighthouse unicorn storm", ["rain", "rain", "lighthouse"])
    assert relevance.coverage("rain at the lighthouse") == 0.5
    assert relevance.coverage("snow") == 0.0
    assert Relevance("?", ["rain"]).coverage("rain") == 0.0


def test_echo_is_the_share_of_a_texts_terms_that_the_question_has() -> None:
    relevance = Relevance("rain lighthouse", [])
    assert relevance.echo("rain") == 1.0
    assert relevance.echo("rain on snow") == pytest.approx(1 / 3)
    assert relevance.echo("...") == 0.0


def test_the_most_relevant_texts_keep_their_order_and_the_first_of_equals_is_taken() -> None:
    texts = ["snow", "the lighthouse", "rain", "rain at the lighthouse", "rain"]
    relevance = Relevance("rain lighthouse", texts)
    assert relevance.most_relevant(texts, 2) == [1, 3]
    assert relevance.most_relevant(["rain", "rain", "rain"], 2) == [0, 1]
    assert relevance.most_relevant(texts, 9) == [0, 1, 2, 3, 4]


def test_the_weights_of_windows_come_from_their_sentences() -> None:
    window = Window(DOCUMENT, 0, "Rain fell. Rain fell. Rain fell. A lighthouse stood.")
    from_windows = Relevance.from_windows("rain lighthouse", [window])
    from_sentences = Relevance("rain lighthouse", ["Rain fell", "Rain fell", "Rain fell", "A lighthouse stood."])
    assert from_windows.score("rain") == from_sentences.score("rain")


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Who came?", "李娜在成都长大。", True),
        ("谁来了？", "Ada came at six.", True),
        ("谁来了？", "الجسر من الفولاذ", True),
        ("Who came?", "Ada came at six.", False),
        ("Who came?", "李娜 came with Ada and Ben.", False),
        ("???", "李娜", False),
        ("Who?", "1234", False),
    ],
)
def test_a_text_in_another_script_hardly_has_the_questions_letters(question: str, text: str, expected: bool) -> None:
    assert is_in_another_script(question, text) is expected
