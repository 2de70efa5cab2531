"""The order of spans, and the decision that there is no answer."""

import math

import pytest

from model_store.types import NoAnswer
from service.tasks.answering.documents.windows import Window
from service.tasks.answering.extraction.ranking import Ranking, SpanCandidate
from service.tasks.answering.query import ContextDocument

TEXT = "The café opens at eight. It closes at six, and at eight on Mondays."
WINDOW = Window(ContextDocument(id="a", text=TEXT), 0, TEXT)


def ranking(question: str = "¿?", window: Window = WINDOW, calibration: NoAnswer | None = None) -> Ranking:
    return Ranking(question, [window], calibration or NoAnswer(), [0])


def candidate(text: str, logprob: float = -1.0, tokens: int = 1, window: Window = WINDOW) -> SpanCandidate:
    """The text at every place where the window has it."""
    places, start = [], window.text.find(text)
    while start >= 0:
        places.append((start, start + len(text)))
        start = window.text.find(text, start + 1)
    return SpanCandidate(window, tuple(places), logprob, tokens)


def test_spans_are_ordered_by_their_log_probability_and_its_mean() -> None:
    answer = ranking().answer([candidate("six", -2.0, 1), candidate("café", -2.5, 3)], -50.0, top_k=2)
    assert [span.text for span in answer.spans] == ["café", "six"]
    assert (answer.text, answer.mode, answer.no_answer) == ("café", "extractive", False)
    assert answer.score == answer.spans[0].score == pytest.approx(math.exp(-2.5))
    answer = ranking().answer([candidate("six", -2.0, 1), candidate("café", -6.0, 3)], -50.0, top_k=2)
    assert [span.text for span in answer.spans] == ["six", "café"]


def test_the_span_nearer_to_the_questions_words_wins() -> None:
    spans = ranking("When does it close on Mondays?").answer([candidate("eight")], -50.0, top_k=1).spans
    assert spans[0].start == TEXT.rindex("eight")
    spans = ranking("When does the café open?").answer([candidate("eight")], -50.0, top_k=1).spans
    assert spans[0].start == TEXT.index("eight")


def test_of_two_spans_of_a_sentence_the_one_beside_the_questions_words_wins() -> None:
    text = (
        "到1991年，消失的森林从2000年的160,000平方公里增加到别处的587,000平方公里，后来又在1991年达到415,000平方公里。"
    )
    window = Window(ContextDocument(id="", text=text), 0, text)
    found = [candidate("587,000", -0.6, window=window), candidate("415,000", -1.0, window=window)]
    assert ranking("1991年达到多少平方公里？", window).answer(found, -50.0, top_k=1).text == "415,000"


def test_the_first_of_equal_places_is_chosen() -> None:
    assert ranking().answer([candidate("eight")], -50.0, top_k=1).spans[0].start == TEXT.index("eight")


def test_a_span_that_repeats_the_question_loses() -> None:
    found = [candidate("The café opens", -1.0), candidate("eight", -1.5)]
    assert ranking("When does the café open?").answer(found, -50.0, top_k=1).text == "eight"


@pytest.mark.parametrize(
    ("question", "text", "right", "wrong"),
    [
        ("How many interceptions were there?", "They had 308 points and 24 interceptions.", "24", "308"),
        ("防守有多少次拦截？", "这个赛季的防守丢了308分，有24次拦截。", "24", "308"),
        ("When did Dahl design the bridge?", "The bridge of 1891 was designed by Dahl of Gent.", "1891", "Gent"),
        ("什么是药物委员会的职能？", "药物委员会（GPhC）管理药剂师。", "管理药剂师", "GPhC"),
    ],
)
def test_what_looks_like_the_answer_wins(question: str, text: str, right: str, wrong: str) -> None:
    window = Window(ContextDocument(id="", text=text), 0, text)
    found = [candidate(wrong, -1.0, window=window), candidate(right, -1.5, window=window)]
    assert ranking(question, window).answer(found, -50.0, top_k=1).text == right


def test_of_two_windows_the_more_relevant_one_wins() -> None:
    windows = [Window(ContextDocument(id=id, text=text), 0, text) for id, text in (("a", "Six."), ("b", "Eight."))]
    found = [candidate("Six", -1.0, window=windows[0]), candidate("Eight", -1.5, window=windows[1])]
    for ranks, answer in (([None, None], "Six"), ([0, 1], "Six"), ([1, 0], "Eight"), ([2, 1], "Six")):
        ranks_them = Ranking("¿?", windows, NoAnswer(), ranks)
        assert ranks_them.answer(found, -50.0, top_k=1).text == answer


def test_the_same_span_found_twice_counts_once_with_its_better_rank() -> None:
    answer = ranking().answer([candidate("six", -5.0), candidate("six", -1.0), candidate("six", -9.0)], -50.0, top_k=3)
    assert [span.text for span in answer.spans] == ["six"]
    assert answer.score == pytest.approx(math.exp(-1.0))


def test_without_candidates_there_is_no_answer() -> None:
    answer = ranking().answer([], -50.0, top_k=3)
    assert (answer.no_answer, answer.no_answer_probability, answer.spans) == (True, 1.0, ())


def test_the_probability_of_no_answer_grows_with_its_score() -> None:
    probabilities = [
        ranking().answer([candidate("six", -2.0)], none, top_k=1).no_answer_probability for none in (-20.0, -4.0, 0.0)
    ]
    assert None not in probabilities
    assert probabilities == sorted(probabilities, key=lambda each: each or 0.0)
    assert probabilities[0] != probabilities[-1]


def test_the_questions_words_beside_a_span_are_evidence_for_an_answer() -> None:
    near = ranking("When does it close at six on Mondays?").answer([candidate("six")], -1.0, top_k=1)
    far = ranking("Who sings in the opera tonight?").answer([candidate("six")], -1.0, top_k=1)
    assert near.no_answer_probability is not None
    assert far.no_answer_probability is not None
    assert near.no_answer_probability < 0.5 < far.no_answer_probability


def test_a_text_in_another_script_is_neither_evidence_for_nor_against_an_answer() -> None:
    text = "咖啡馆八点开门，六点关门。"
    window = Window(ContextDocument(id="a", text=text), 0, text)
    answer = ranking("When does it close?", window).answer([candidate("六点", window=window)], -1.0, top_k=1)
    assert answer.no_answer_probability == 0.5


@pytest.mark.parametrize(("threshold", "none"), [(None, False), (0.0, True), (1.0, False)])
def test_the_threshold_of_the_request_comes_before_the_calibrated_one(threshold: float | None, none: bool) -> None:
    answer = ranking(calibration=NoAnswer(threshold=0.99)).answer(
        [candidate("six")], -1.0, top_k=1, threshold=threshold
    )
    assert (answer.no_answer, answer.text) == (none, "" if none else "six")
    assert [span.text for span in answer.spans] == ["six"]
