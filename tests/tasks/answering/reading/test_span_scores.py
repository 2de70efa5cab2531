"""The scores of a question-answering head as an answer."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from model_store.types import NoAnswer
from service.errors import ProcessError
from service.tasks.answering.query import ContextDocument
from service.tasks.answering.reading.excerpt import Excerpt
from service.tasks.answering.reading.span_scores import SpanCriteria, answer_from_scores
from service.tasks.answering.result import Answer
from service.tasks.encoding.tokenizer import TextTokens

TEXT = "Ada came at six today"  # one token a word
QUESTION = 2  # tokens before the text in a row: the special token, and the question


def excerpt(text: str = TEXT, first: int = 0, last: int | None = None, index: int = 0) -> Excerpt:
    offsets = []
    end = 0
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        offsets.append((start, end))
    tokens = TextTokens(list(range(len(offsets))), offsets)
    return Excerpt(ContextDocument(id=str(index), text=text), index, tokens, first, last or len(offsets))


def scores(starts: list[float], ends: list[float], none: float = 0.0) -> NDArray[np.float32]:
    """Logits of a row whose special token has half of ``none`` on each side."""
    return np.array([[none / 2, -30.0, *logits, -30.0] for logits in (starts, ends)], dtype=np.float32)


def answer(
    excerpts: list[Excerpt], rows: list[NDArray[np.float32]], calibration: NoAnswer | None = None, **criteria: int
) -> Answer:
    wanted = {"top_k": 50, "max_characters": 100, "max_tokens": 100} | criteria
    return answer_from_scores(
        excerpts,
        [QUESTION] * len(excerpts),
        rows,
        SpanCriteria(threshold=None, **wanted),
        calibration or NoAnswer(),
    )


def test_probabilities_are_a_softmax_over_all_spans_and_no_answer() -> None:
    starts, ends, none = [1.0, -1.0, 0.5, 2.0, 0.0], [0.0, 1.5, -2.0, 1.0, 0.5], 1.25
    found = answer([excerpt()], [scores(starts, ends, none)])
    expected = {(i, j): math.exp(starts[i] + ends[j]) for i in range(5) for j in range(i, 5)}
    total = sum(expected.values()) + math.exp(none)
    assert len(found.spans) == 15
    offsets = excerpt().tokens.offsets
    for (i, j), weight in expected.items():
        (span,) = (each for each in found.spans if (each.start, each.end) == (offsets[i][0], offsets[j][1]))
        assert span.text == TEXT[span.start : span.end]
        assert span.score == pytest.approx(weight / total, rel=1e-6)
    assert found.no_answer_probability == pytest.approx(math.exp(none) / total, rel=1e-6)
    assert [span.score for span in found.spans] == sorted((span.score for span in found.spans), reverse=True)


def test_the_best_span_is_the_answer() -> None:
    found = answer([excerpt()], [scores([0.0, 0, 0, 5, 0], [0.0, 0, 0, 5, 0])], top_k=1)
    assert (found.text, found.mode, found.no_answer, len(found.spans)) == ("six", "extractive", False, 1)
    assert found.score == found.spans[0].score


def test_no_span_ends_before_it_begins_or_is_longer_than_allowed() -> None:
    row = scores([0.0, 0, 0, 5, 0], [5.0, 0, 0, 0, 0])
    assert all(span.end > span.start for span in answer([excerpt()], [row]).spans)
    assert {span.text for span in answer([excerpt()], [row], max_tokens=1).spans} == set(TEXT.split())
    assert {span.text for span in answer([excerpt()], [row], max_characters=5).spans} == {*TEXT.split()}
    assert "at six" in {span.text for span in answer([excerpt()], [row], max_characters=6).spans}


def test_the_lowest_no_answer_of_all_windows_counts() -> None:
    rows = [scores([3.0] * 5, [0.0] * 5, none=9.0), scores([-9.0] * 5, [-9.0] * 5, none=-9.0)]
    found = answer([excerpt(), excerpt("It rains all day long", index=1)], rows)
    assert found.no_answer is False
    assert found.spans[0].document == "0"


def test_a_likely_no_answer_leaves_the_text_empty() -> None:
    found = answer([excerpt()], [scores([0.0] * 5, [0.0] * 5, none=20.0)])
    assert (found.text, found.no_answer) == ("", True)
    assert found.spans
    calibrated = answer([excerpt()], [scores([0.0] * 5, [0.0] * 5, none=20.0)], NoAnswer(offset=20.0))
    assert calibrated.no_answer is False


def test_a_span_in_two_windows_counts_once_where_more_text_surrounds_it() -> None:
    left, right = excerpt(last=4), excerpt(first=1)
    rows = [scores([0.0, 1, 1, 1], [0.0, 1, 1, 1]), scores([2.0, 2, 2, 0], [2.0, 2, 2, 0])]
    found = answer([left, right], rows)
    places = [(span.start, span.end) for span in found.spans]
    assert len(places) == len(set(places))
    total = sum(span.score for span in found.spans)
    assert found.no_answer_probability is not None
    assert total + found.no_answer_probability == pytest.approx(1.0, rel=1e-6)
    by_text = {span.text: span.score for span in found.spans}
    # "came" has one word on its left in the left window and none in the right, so the left window's scores hold there.
    assert by_text["came"] / by_text["Ada"] == pytest.approx(math.exp(2.0), rel=1e-6)
    assert by_text["six"] / by_text["Ada"] == pytest.approx(math.exp(4.0), rel=1e-6)
    # "came at six today" is whole in the right window alone.
    assert by_text["came at six today"] / by_text["Ada"] == pytest.approx(math.exp(2.0), rel=1e-6)
    assert "Ada came at six today" not in by_text


def test_windows_of_different_documents_do_not_cover_each_other() -> None:
    rows = [scores([0.0] * 5, [0.0] * 5)] * 2
    found = answer([excerpt(), excerpt(index=1)], rows)
    assert len(found.spans) == 30
    assert [span.document for span in found.spans[:2]] == ["0", "0"]  # of equal spans the first


def test_without_windows_there_is_no_answer() -> None:
    found = answer([], [])
    assert (found.text, found.no_answer, found.no_answer_probability, found.spans) == ("", True, 1.0, ())


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_logits_that_are_not_finite_are_an_error_of_the_reader(broken: float) -> None:
    with pytest.raises(ProcessError, match="not finite"):
        answer([excerpt()], [scores([0.0, broken, 0, 0, 0], [0.0] * 5)])
