"""How near the question's words are to a span."""

import pytest

from service.tasks.answering.documents.nearness import Nearness
from service.tasks.answering.documents.relevance import Relevance

TEXT = "The lighthouse keeper left at six. In winter his younger brother left at nine."


def score(question: str, span: str, text: str = TEXT) -> float:
    start = text.index(span)
    return Nearness(Relevance(question, [text, "", ""]), text).score(start, start + len(span))


def test_a_span_beside_the_questions_words_scores_higher() -> None:
    assert score("When did the brother leave?", "nine") > score("When did the brother leave?", "six") > 0
    assert score("When did the keeper leave?", "six") > score("When did the keeper leave?", "nine")


def test_the_words_of_the_span_and_words_that_the_text_lacks_do_not_count() -> None:
    assert score("lighthouse", "lighthouse") == 0.0
    assert score("unicorn", "six") == 0.0
    assert score("", "six") == 0.0


def test_a_span_with_all_words_directly_beside_it_scores_nearly_one() -> None:
    assert score("left at", "six", "left at six") == pytest.approx(1.0, abs=0.15)


def test_a_term_counts_once_at_its_nearest_place() -> None:
    assert score("left", "six", "left left at six") == score("left", "six", "..... left at six")


@pytest.mark.parametrize(("span", "other"), [("六点", "八点"), ("李娜", "王磊")])
def test_pairs_of_characters_count_in_chinese(span: str, other: str) -> None:
    text = "王磊在八点开门。到了晚上，李娜在六点关门。"
    assert score("晚上关门", span, text) > score("晚上关门", other, text)
