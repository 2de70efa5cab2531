"""Windows of long documents, and limits of prompts."""

from typing import Any

import pytest

from service.errors import InvalidOption
from service.tasks.answering.query import ContextDocument, Query
from tests.fakes.engine import ScriptedEngine
from tests.tasks.answering.scripted_model import CAFE, answer, extracts, one, start, wants
from tests.tasks.text.vocabularies import tokenizer


async def test_the_answer_is_found_in_any_window_of_any_document() -> None:
    filler = "It rains and the wind blows from the sea. " * 60
    long = filler + "The lighthouse keeper is Ada Lund. " + filler
    documents = (
        ContextDocument(id="a", text=filler),
        ContextDocument(id="b", text=long, title="Capes"),
        ContextDocument(id="c", text=" "),
    )
    engine = extracts({"Ada Lund": 9})
    found = await answer(
        engine,
        Query(question="Who keeps the lighthouse?", documents=documents, max_passages=200),
        max_tokens=100,
        max_windows=200,
    )
    assert (found.text, found.spans[0].document, found.spans[0].start) == ("Ada Lund", "b", long.index("Ada"))
    assert len(engine.streams[0].requests) > 20


async def test_only_windows_with_the_questions_words_are_read_from_a_huge_text() -> None:
    filler = "It rains and the wind blows from the sea. " * 12_500
    text = filler + "The lighthouse keeper is Ada Lund. " + filler
    assert len(text) > 1 << 20
    engine = extracts({"Ada Lund": 9})
    found = await answer(engine, Query(question="Who keeps the lighthouse?", documents=one(text)), max_windows=4)
    assert (found.text, found.spans[0].start) == ("Ada Lund", text.index("Ada"))
    assert len(engine.streams[0].requests) == 4


async def test_windows_share_as_many_tokens_as_the_client_wants() -> None:
    query = Query(question="When?", documents=one(CAFE * 20), stride=0, max_passages=32)
    apart, half = extracts({"six": 9}), extracts({"six": 9})
    await answer(apart, query, max_tokens=64)
    await answer(half, Query(question="When?", documents=one(CAFE * 20), stride=32, max_passages=32), max_tokens=64)
    assert len(half.streams[0].requests) == pytest.approx(2 * len(apart.streams[0].requests), abs=1)


@pytest.mark.parametrize("stride", [64, 65, 1 << 20])
async def test_a_stride_as_large_as_the_window_is_refused(stride: int) -> None:
    query = Query(question="When?", documents=one(CAFE), stride=stride)
    with pytest.raises(InvalidOption, match=f"stride is {stride}, but must be less than the window of 64") as error:
        await answer(extracts({}), query, max_tokens=64)
    assert error.value.param == "stride"


async def test_a_stride_that_makes_too_many_windows_is_refused() -> None:
    query = Query(question="When?", documents=one("so " * 100_000), stride=63)
    with pytest.raises(InvalidOption) as error:
        await answer(extracts({}), query, max_tokens=64)
    assert error.value.param == "stride"


async def test_titles_that_leave_no_room_are_refused() -> None:
    documents = (ContextDocument(id="a", text=CAFE, title="so " * 600),)
    with pytest.raises(InvalidOption) as error:
        await answer(extracts({}, max_model_len=1400), Query(question="When?", documents=documents))
    assert error.value.param == "documents"


async def test_a_base_model_ends_a_span_with_the_line() -> None:
    base = tokenizer("byte_level")
    [newline] = base.encode("\n")

    def script(request: Any) -> Any:
        assert newline in request.params.stop_token_ids
        return wants(base, {" six": 9, "six": 9})(request)

    engine = ScriptedEngine(script, max_model_len=8192, num_blocks=512, vocab_size=base.vocab_size)
    query = Query(question="When?", documents=one("At six.\nOr at eight."))
    with await start(engine, query, tokenizer=base) as run:
        found = await run.collect()
    assert base.decode(engine.requests[0].prompt).endswith(
        "\n\nContext: At six.\nOr at eight.\n\nQuestion: When?\nAnswer:"
    )
    assert "\n" not in found.text


@pytest.mark.parametrize("count", [10, 64, 1000])
async def test_the_document_that_the_question_names_reaches_the_second_round(count: int) -> None:
    """The model prefers a team of every other room, and the right one least."""
    teams = [f"{number}th" for number in range(count)]
    documents = tuple(
        ContextDocument(id=str(number), text=f"Room {number} is used by team {team}.")
        for number, team in enumerate(teams)
    )
    wanted = count // 2 - 1
    engine = extracts({team: 9.0 for number, team in enumerate(teams) if number != wanted} | {teams[wanted]: 8.0})
    query = Query(question=f"Which team uses room {wanted}?", documents=documents, top_k=6)
    found = await answer(engine, query)
    assert found.text == teams[wanted]
    assert len(engine.streams[0].requests) <= 8
