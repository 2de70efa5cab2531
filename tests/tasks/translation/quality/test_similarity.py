"""Similarity: equal texts are alike fully, texts without shared characters not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from service.tasks.translation.quality.similarity import mean_similarities

TEXTS = st.lists(st.text(max_size=40), min_size=2, max_size=5)


def test_equal_texts_are_fully_similar_and_different_ones_are_not() -> None:
    assert mean_similarities(["Bonjour !", "Bonjour !"]) == [1.0, 1.0]
    assert mean_similarities(["abc", "xyz"]) == [0.0, 0.0]
    assert mean_similarities(["", ""]) == [1.0, 1.0]
    assert mean_similarities(["alone"]) == [0.0]


def test_the_text_that_is_most_like_the_others_has_the_greatest_mean() -> None:
    texts = ["Le train est en retard.", "Le train avait du retard.", "Le train est en avance.", "Un chat dort."]
    similarities = mean_similarities(texts)
    assert similarities.index(max(similarities)) == 0
    assert similarities.index(min(similarities)) == 3


@given(TEXTS)
def test_similarities_are_between_0_and_1_and_do_not_depend_on_the_order(texts: list[str]) -> None:
    similarities = mean_similarities(texts)
    assert all(0 <= each <= 1 for each in similarities)
    assert mean_similarities(texts[::-1])[::-1] == pytest.approx(similarities)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The train was late again today.", "Today the train was late."),
        ("Le chat dort sur le tapis.", "Un chien dort sur un lit."),
        ("我妹妹从去年冬天开始学弹钢琴。", "我的妹妹去年冬天学钢琴。"),
    ],
)
def test_the_similarity_is_that_of_chrf_with_equal_weights(one: str, other: str) -> None:
    """sacrebleu averages precision and recall over the lengths first, so that they differ a little."""
    expected = CHRF(beta=1).sentence_score(one, [other]).score / 100
    assert mean_similarities([one, other])[0] == pytest.approx(expected, abs=0.02)


def test_long_texts_are_compared_by_their_beginnings() -> None:
    assert mean_similarities(["a" * 5000, "a" * 400 + "b" * 4600]) == [1.0, 1.0]
