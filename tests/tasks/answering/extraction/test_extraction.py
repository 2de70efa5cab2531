"""Extraction: spans are literal, the best is chosen, and sometimes there is none."""

from dataclasses import replace

import pytest

from service.tasks.answering.query import ContextDocument, Query
from service.tasks.generation.options import GREEDY, Options
from tests.tasks.answering.scripted_model import CAFE, CHAT, answer, extracts, one, start


async def test_a_span_is_literal_and_has_its_offsets() -> None:
    found = await answer(
        extracts({"six in the evening": 9}), Query(question="When does it close?", documents=one(CAFE))
    )
    assert (found.text, found.mode, found.no_answer) == ("six in the evening", "extractive", False)
    (span,) = found.spans
    assert (span.start, span.end) == (CAFE.index("six"), CAFE.index(", and"))
    assert found.score == span.score
    assert 0.9 < span.score <= 1


@pytest.mark.parametrize(
    ("context", "wanted"),
    [
        ("Caf\u0065\u0301\u00a0\r\n\tNoir, au 3\u2009rue\u2028Mouffetard.", "3\u2009rue\u2028Mouffetard"),
        ("الجسر بُنِيَ عام 1894 من الفولاذ.", "1894 من الفولاذ"),
        ("一家👩‍👩‍👧住在成都，2009年搬到上海。", "👩‍👩‍👧"),
        ("a\x00b c\x00d", "c\x00d"),
    ],
)
async def test_offsets_are_exact_in_any_script(context: str, wanted: str) -> None:
    found = await answer(extracts({wanted: 9}), Query(question="Where?", documents=one(context)))
    assert found.text == wanted


async def test_the_question_chooses_among_several_places() -> None:
    query = Query(question="When does the café open?", documents=one(CAFE))
    assert (await answer(extracts({"eight": 9}), query)).spans[0].start == CAFE.index("eight")
    query = Query(question="And on Mondays?", documents=one(CAFE))
    assert (await answer(extracts({"eight": 9}), query)).spans[0].start == CAFE.rindex("eight")
    query = Query(question="¿?", documents=one(CAFE))
    assert (await answer(extracts({"eight": 9}), query)).spans[0].start == CAFE.index("eight")


async def test_further_spans_differ_and_the_best_comes_first() -> None:
    texts = {"six": 9, "eight": 8, "The café": 4}
    query = Query(question="When?", documents=one(CAFE), top_k=3)
    found = await answer(extracts(texts), query)
    assert found.text == "six"
    assert len(found.spans) == 3
    assert len({(span.start, span.end) for span in found.spans}) == 3
    assert {"six", "eight"} <= {span.text for span in found.spans}
    again = await answer(extracts(texts), query)
    assert found == again


async def test_an_extraction_takes_two_completions_for_all_windows() -> None:
    engine = extracts({"six": 9, "eight": 8})
    documents = (ContextDocument(id="a", text=CAFE), ContextDocument(id="b", text="At six it rains."))
    await answer(engine, Query(question="When?", documents=documents))
    first, second = engine.streams
    assert len(first.requests) == 2
    assert len(second.requests) > 1


async def test_there_is_no_answer_if_the_model_prefers_to_end_at_once() -> None:
    query = Query(question="Who sings?", documents=one(CAFE))
    found = await answer(extracts({"six": 1}, end=14), query)
    assert (found.text, found.no_answer) == ("", True)
    assert found.no_answer_probability is not None
    assert found.no_answer_probability > 0.9
    assert (found.spans[0].text, found.score) == ("six", None)
    sure = await answer(extracts({"six": 14}), query)
    assert sure.no_answer_probability is not None
    assert sure.no_answer_probability < 0.1


async def test_the_client_sets_the_threshold() -> None:
    for threshold, none in ((0.0, True), (1.0, False)):
        query = Query(question="When?", documents=one(CAFE), no_answer_threshold=threshold)
        found = await answer(extracts({"six": 5}, end=4), query)
        assert (found.no_answer, found.text) == (none, "" if none else "six")


async def test_an_answer_is_no_longer_than_the_client_allows() -> None:
    engine = extracts({"six in the evening": 9, "six in the": 5})
    query = Query(question="When?", documents=one(CAFE), max_answer_len=10)
    assert (await answer(engine, query)).text == "six in the"
    query = Query(question="When?", documents=one(CAFE))
    short = await answer(
        extracts({"six in the evening": 9, "six in the": 5, "six": 4}),
        query,
        Options.from_values(temperature=0, max_tokens=2),
    )
    assert len(CHAT.encode(short.text)) <= 2


async def test_every_request_has_the_tenant_priority_and_salt_of_the_client() -> None:
    engine = extracts({"six in the evening": 9, "six in the": 5, "six": 4})
    query = Query(question="When does it close?", documents=one(CAFE))
    await answer(engine, query, replace(GREEDY, priority=-3, cache_salt="salt", tenant="me"))
    assert len(engine.streams) > 1
    assert {(each.priority, each.cache_salt, each.tenant) for each in engine.requests} == {(-3, "salt", "me")}


async def test_a_span_of_an_html_document_has_offsets_in_the_html() -> None:
    html = "<h1>Café</h1><p>It closes at <b>si</b>x &amp; opens at eight.</p>"
    engine = extracts({"six & opens": 9})
    query = Query(question="When does it close?", documents=one(html), format="html")
    with await start(engine, query) as run:
        found = await run.collect()
    assert found.text == found.spans[0].text == "six & opens"
    assert html[found.spans[0].start : found.spans[0].end] == "si</b>x &amp; opens"
    blank = Query(question="When?", documents=one("<script>six</script>"), format="html")
    assert (await (await start(engine, blank)).collect()).no_answer
