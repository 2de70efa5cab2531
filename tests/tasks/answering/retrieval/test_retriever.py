"""Which passages are read."""

from collections.abc import Sequence
from typing import Any

import pytest

from service.errors import InvalidOption
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.query import Query
from service.tasks.answering.retrieval.choice import choose_passages
from service.tasks.answering.retrieval.retriever import rank_passages
from service.tasks.answering.scorer import PassageScorers

USUAL = "the big team of the company uses the meeting room of the company in the afternoon"
PASSAGES = [f"{USUAL} {number}" for number in range(40)] + ["45: Falcons", "It rains."]
QUESTION = "Which big team of the company uses the big meeting room 45 of the company in the afternoon?"


class Scores:
    """Scores each passage as a table says, and notes the passages that it was asked about."""

    def __init__(self, scores: dict[str, float] | None) -> None:
        self.scores = scores
        self.asked: Sequence[str] = ()

    async def __call__(self, question: str, passages: Sequence[str]) -> list[float] | None:
        self.asked = passages
        return None if self.scores is None else [self.scores.get(passage, 0.0) for passage in passages]


async def rank(question: str, passages: Sequence[str], count: int, **scorers: Scores) -> list[int]:
    return (await rank_passages(question, passages, count, PassageScorers(**scorers))).indices


@pytest.mark.parametrize("count", [1, 2, 8])
async def test_what_a_question_names_is_read_however_usual_the_rest_is(count: int) -> None:
    best = await rank(QUESTION, PASSAGES, count)
    assert len(best) == len(set(best)) == count
    assert PASSAGES.index("45: Falcons") in best


async def test_equally_relevant_passages_keep_their_order() -> None:
    assert await rank("?", ["a", "b", "c"], 2) == [0, 1]


async def test_an_embedder_brings_up_what_says_the_same_in_other_words() -> None:
    passages = ["The boat is old.", "It rains.", "It snows.", "An elderly vessel."]
    assert await rank("How old is the boat?", passages, 2) == [0, 1]
    embedder = Scores({"An elderly vessel.": 0.9})
    assert await rank("How old is the boat?", passages, 2, embedder=embedder) == [0, 3]
    assert sorted(embedder.asked) == sorted(passages)


async def test_the_re_ranker_decides_among_the_first() -> None:
    reranker = Scores({"the keeper 7": 1.0})
    passages = [f"the keeper {number}" for number in range(100)]
    best = await rank("the keeper", passages, 3, reranker=reranker)
    assert best[0] == 7
    assert len(reranker.asked) == 16


async def test_models_without_room_change_nothing() -> None:
    passages = ["It rains.", "Ada keeps the lighthouse.", "The lighthouse."]
    alone = await rank("Who is Ada?", passages, 2)
    assert await rank("Who is Ada?", passages, 2, embedder=Scores(None), reranker=Scores(None)) == alone


@pytest.mark.parametrize("scorer", ["embedder", "reranker"])
async def test_passages_without_a_word_of_the_question_are_compared_only_by_a_model(scorer: str) -> None:
    passages = ["It rains.", "It snows.", "An elderly vessel."]
    for scores, is_compared in ((None, False), ({passages[2]: 0.9}, True)):
        scorers = PassageScorers(**{scorer: Scores(scores)})
        ranked = await rank_passages("How old is the boat?", passages, 3, scorers)
        assert (ranked.indices[0], ranked.is_compared) == ((2, True) if is_compared else (0, False))


async def choose(
    passages: list[str], limits: WindowLimits | None = None, **values: Any
) -> tuple[list[str], list[int | None]]:
    query = Query(question="Who is Ada?", **values)
    chosen = await choose_passages(query, passages, limits or WindowLimits(), str, usual=8)
    return list(chosen.passages), list(chosen.ranks)


async def test_chosen_passages_keep_the_order_of_the_documents_and_know_their_ranks() -> None:
    passages = ["The keeper Ada.", "It rains.", "It snows.", "Who is Ada."]
    chosen, ranks = await choose(passages, max_passages=2)
    assert (chosen, ranks) == (["The keeper Ada.", "Who is Ada."], [1, 0])


async def test_passages_that_nothing_tells_apart_have_no_ranks() -> None:
    passages = ["It rains.", "It snows.", "It hails."]
    assert await choose(passages, max_passages=2) == (passages[:2], [None, None])


async def test_the_operator_and_the_client_bound_what_is_read() -> None:
    passages = [f"Ada {number}" for number in range(100)]
    assert len((await choose(passages))[0]) == 8
    assert len((await choose(passages, max_passages=20))[0]) == 20
    assert len((await choose(passages, max_passages=50))[0]) == 32
    assert len((await choose(passages, WindowLimits(max_windows=3)))[0]) == 3


async def test_without_retrieval_all_passages_are_read_or_refused() -> None:
    passages = [f"It rains {number}" for number in range(33)]
    assert await choose(passages[:32], retrieval="off") == (passages[:32], [None] * 32)
    with pytest.raises(InvalidOption) as error:
        await choose(passages, retrieval="off")
    assert error.value.param == "retrieval"
