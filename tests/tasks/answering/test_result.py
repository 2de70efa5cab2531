"""Extractive answers from spans."""

import pytest

from service.tasks.answering.result import Answer, AnswerSpan

SPANS = (
    AnswerSpan(text="six", start=3, end=6, document="a", score=0.7),
    AnswerSpan(text="eight", start=9, end=14, document="a", score=0.2),
)


def test_the_first_span_is_the_answer() -> None:
    answer = Answer.from_spans(SPANS, no_answer_probability=0.4, threshold=0.5)
    assert (answer.text, answer.mode, answer.no_answer, answer.score) == ("six", "extractive", False, 0.7)
    assert (answer.spans, answer.no_answer_probability) == (SPANS, 0.4)


@pytest.mark.parametrize("probability", [0.5, 0.9])
def test_from_the_threshold_on_there_is_no_answer_but_the_spans_are_returned(probability: float) -> None:
    answer = Answer.from_spans(SPANS, no_answer_probability=probability, threshold=0.5)
    assert (answer.text, answer.no_answer, answer.spans, answer.score) == ("", True, SPANS, None)


def test_without_spans_there_is_no_answer_whatever_the_threshold() -> None:
    answer = Answer.from_spans((), no_answer_probability=1.0, threshold=1.1)
    assert (answer.text, answer.no_answer, answer.spans, answer.score) == ("", True, (), None)
