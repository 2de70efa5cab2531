"""A prepared translation: its cost, and that nothing is submitted before its start."""

from service.tasks.generation.options import GREEDY
from tests.tasks.translation.scripted_model import accented, order, scripted, translator


async def test_the_cost_is_that_of_the_requests_that_are_queued() -> None:
    for alternatives in (0, 2):
        engine = scripted(accented)
        wanted = order("One came. Two went.", "Three?", alternatives=alternatives)
        prepared = await translator(engine).prepare(wanted, options=GREEDY)
        assert engine.streams == []
        (await prepared.start()).close()
        assert prepared.cost.sequences == len(engine.requests) == 3 * (1 + alternatives)
        assert prepared.cost.tokens == sum(len(each.prompt) + each.params.max_tokens for each in engine.requests)


async def test_an_order_without_words_costs_nothing() -> None:
    prepared = await translator(scripted(accented)).prepare(order("42", ""), options=GREEDY)
    assert (prepared.cost.sequences, prepared.cost.tokens) == (0, 0)


async def test_the_request_id_begins_the_ids_of_the_sequences() -> None:
    engine = scripted(accented)
    prepared = await translator(engine).prepare(order("One. Two."), options=GREEDY, request_id="trans-1")
    (await prepared.start()).close()
    assert [request.id for request in engine.requests] == ["trans-1-0-0", "trans-1-1-0"]


async def test_runs_of_the_same_prepared_translation_are_independent() -> None:
    prepared = await translator(scripted(accented)).prepare(order("One. Two."), options=GREEDY)
    for _ in range(2):
        with await prepared.start() as run:
            [translation] = await run.collect()
        assert translation.text == "Óné. Twó."
