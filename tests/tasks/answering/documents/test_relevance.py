"""Scores of texts by the words that they share with a question."""

import pytest

from service.tasks.answering.documents.relevance import Relevance, is_in_another_script
from service.tasks.answering.documents.windows import Window
from service.tasks.answering.query import ContextDocument

DOCUMENT = ContextDocument(id="", text="")


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
