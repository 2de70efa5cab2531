"""High quality: samples beside the first candidate, the choice between them, and what it changes."""

import pytest

from service.engine.protocol.request import Request
from service.tasks.generation.options import Options
from service.tasks.translation import Flag
from tests.fakes.engine import ScriptedEngine
from tests.tasks.translation.scripted_model import (
    always,
    deltas,
    order,
    prompt_of,
    scripted,
    start,
    translations,
    translator,
)

LATE = "The train was late again today."
RIGHT = "Le train était encore en retard aujourd'hui."


def sampled(*texts: str, first: str) -> ScriptedEngine:
    """A model that writes ``first`` greedily, and ``texts`` as its samples, in order."""
    left = list(texts)

    def answer(_: str, request: Request) -> str:
        return first if request.params.temperature == 0 else left.pop(0)

    return scripted(answer)


async def test_the_candidate_that_is_most_like_the_others_is_chosen() -> None:
    engine = sampled(RIGHT, RIGHT, "Le train est en retard aujourd'hui.", RIGHT, first="Le wagon fut tardif ce jour.")
    [translation] = await translations(engine, LATE, quality="high")
    assert translation.text == RIGHT
    assert len({prompt_of(request) for request in engine.requests}) == 1
    assert [request.params.temperature > 0 for request in engine.requests] == [False] + [True] * 4
    assert len({request.params.seed for request in engine.requests[1:]}) == 4


async def test_flags_count_more_than_similarity() -> None:
    question = "Where is it?"
    engine = sampled("C'est là.", "C'est là.", "C'est là.", "C'est là.", first="Où est-ce ?")
    [translation] = await translations(engine, question, quality="high")
    assert (translation.text, translation.flags) == ("Où est-ce ?", ())
    assert len(engine.requests) == 5  # no retry: one candidate has no flag


async def test_a_segment_is_retried_if_every_candidate_is_flagged() -> None:
    engine = sampled(LATE, LATE, LATE, LATE, LATE, LATE, LATE, RIGHT, first=LATE)
    [translation] = await translations(engine, LATE, quality="high")
    assert (translation.text, translation.flags) == (RIGHT, (Flag.RETRIED,))
    assert len({request.params.seed for request in engine.requests[1:]}) == 8


async def test_a_loop_ends_one_sample_and_not_the_others() -> None:
    engine = sampled("salade " * 500, RIGHT, RIGHT, RIGHT, first=RIGHT)
    with await start(engine, LATE, quality="high") as run:
        [translation] = await run.collect()
    assert (translation.text, translation.flags) == (RIGHT, ())
    assert run.usage.completion_tokens < 500


async def test_a_long_segment_is_sent_when_it_is_chosen() -> None:
    long = " ".join(["The train was late again today"] * 10)
    engine = sampled(RIGHT * 8, RIGHT * 8, RIGHT * 8, RIGHT * 8, first=RIGHT * 8)
    parts = [delta.delta for delta in await deltas(engine, long, quality="high") if delta.delta]
    assert parts == [RIGHT * 8]


@pytest.mark.parametrize("seed", [None, 7])
async def test_equal_orders_get_equal_samples(seed: int | None) -> None:
    seeds = []
    for _ in range(2):
        engine = sampled(RIGHT, RIGHT, RIGHT, RIGHT, first=RIGHT)
        await translations(engine, LATE, quality="high", options=Options.from_values(temperature=0, seed=seed))
        seeds.append([request.params.seed for request in engine.requests[1:]])
    assert seeds[0] == seeds[1]


async def test_the_cost_counts_the_samples() -> None:
    engine = always("x")
    costs = []
    for quality in ("standard", "high"):
        prepared = await translator(engine).prepare(order(LATE, quality=quality), options=Options.from_values())
        costs.append(prepared.cost)
    standard, high = costs
    assert (high.sequences, high.tokens) == (5 * standard.sequences, 5 * standard.tokens)
