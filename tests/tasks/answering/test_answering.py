"""Answering: what the model is asked, which spans it may choose, what it must quote, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from service.errors import InvalidOption, InvalidPrompt, PromptTooLong
from service.tasks.answering import Answerer
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.generation.generator import GREEDY, Generator, Options
from tests.fakes.engine import ScriptedEngine
from tests.tasks.answering.chooser import wants
from tests.tasks.answering.questions import CAFE, CHAT, answer, chooser, one, speaker
from tests.tasks.text.vocabularies import tokenizer


async def test_a_span_is_literal_and_has_its_place() -> None:
    found = await answer(chooser({"six in the evening": 9}), Query(question="When does it close?", documents=one(CAFE)))
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
async def test_offsets_are_exact_in_any_writing(context: str, wanted: str) -> None:
    found = await answer(chooser({wanted: 9}), Query(question="Where?", documents=one(context)))
    assert found.text == wanted


async def test_of_several_places_the_question_chooses() -> None:
    query = Query(question="When does the café open?", documents=one(CAFE))
    assert (await answer(chooser({"eight": 9}), query)).spans[0].start == CAFE.index("eight")
    query = Query(question="And on Mondays?", documents=one(CAFE))
    assert (await answer(chooser({"eight": 9}), query)).spans[0].start == CAFE.rindex("eight")
    query = Query(question="¿?", documents=one(CAFE))
    assert (await answer(chooser({"eight": 9}), query)).spans[0].start == CAFE.index("eight")


async def test_alternatives_are_other_spans_the_best_first() -> None:
    texts = {"six": 9, "eight": 8, "The café": 4}
    query = Query(question="When?", documents=one(CAFE), top_k=3)
    found = await answer(chooser(texts), query)
    assert found.text == "six"
    assert len(found.spans) == 3
    assert len({(span.start, span.end) for span in found.spans}) == 3
    assert {"six", "eight"} <= {span.text for span in found.spans}
    again = await answer(chooser(texts), query)
    assert found == again


async def test_the_beginnings_of_all_windows_are_one_round_and_their_ends_another() -> None:
    client = chooser({"six": 9, "eight": 8})
    documents = (ContextDocument(id="a", text=CAFE), ContextDocument(id="b", text="At six it rains."))
    await answer(client, Query(question="When?", documents=documents))
    first, second = client.streams
    assert len(first.requests) == 2
    assert len(second.requests) > 1


async def test_no_answer_where_the_model_would_rather_say_nothing() -> None:
    query = Query(question="Who sings?", documents=one(CAFE))
    found = await answer(chooser({"six": 1}, end=14), query)
    assert (found.text, found.no_answer) == ("", True)
    assert found.no_answer_probability is not None
    assert found.no_answer_probability > 0.9
    assert found.spans[0].text == "six"
    sure = await answer(chooser({"six": 14}), query)
    assert sure.no_answer_probability is not None
    assert sure.no_answer_probability < 0.1


async def test_the_threshold_is_the_clients() -> None:
    for threshold, none in ((0.0, True), (1.0, False)):
        query = Query(question="When?", documents=one(CAFE), no_answer_threshold=threshold)
        found = await answer(chooser({"six": 5}, end=4), query)
        assert (found.no_answer, found.text) == (none, "" if none else "six")


async def test_an_answer_is_no_longer_than_asked_for() -> None:
    client = chooser({"six in the evening": 9, "six in the": 5})
    query = Query(question="When?", documents=one(CAFE), max_answer_len=10)
    assert (await answer(client, query)).text == "six in the"
    query = Query(question="When?", documents=one(CAFE))
    short = await answer(
        chooser({"six in the evening": 9, "six in the": 5, "six": 4}),
        query,
        Options.from_values(temperature=0, max_tokens=2),
    )
    assert len(CHAT.encode(short.text)) <= 2


@pytest.mark.parametrize("context", ["", " \n", "\u3000"])
async def test_in_a_blank_text_there_is_no_answer(context: str) -> None:
    for mode in ("auto", "generative"):
        client = chooser({})
        query = Query(question="Who?", documents=one(context), mode=mode)
        found = await answer(client, query)
        assert (found.text, found.no_answer, client.requests) == ("", True, [])


async def test_the_answer_is_found_in_any_window_and_document() -> None:
    filler = "It rains and the wind blows from the sea. " * 60
    long = filler + "The lighthouse keeper is Ada Lund. " + filler
    documents = (
        ContextDocument(id="a", text=filler),
        ContextDocument(id="b", text=long, title="Capes"),
        ContextDocument(id="c", text=" "),
    )
    client = chooser({"Ada Lund": 9})
    found = await answer(
        client, Query(question="Who keeps the lighthouse?", documents=documents), max_tokens=100, max_windows=200
    )
    assert (found.text, found.spans[0].document, found.spans[0].start) == ("Ada Lund", "b", long.index("Ada"))
    assert len(client.streams[0].requests) > 20


async def test_of_a_huge_text_the_windows_with_the_question_are_read() -> None:
    filler = "It rains and the wind blows from the sea. " * 12_500
    text = filler + "The lighthouse keeper is Ada Lund. " + filler
    assert len(text) > 1 << 20
    client = chooser({"Ada Lund": 9})
    found = await answer(client, Query(question="Who keeps the lighthouse?", documents=one(text)), max_windows=4)
    assert (found.text, found.spans[0].start) == ("Ada Lund", text.index("Ada"))
    assert len(client.streams[0].requests) == 4


async def test_windows_share_what_the_client_asks_for() -> None:
    query = Query(question="When?", documents=one(CAFE * 20), stride=0)
    apart, half = chooser({"six": 9}), chooser({"six": 9})
    await answer(apart, query, max_tokens=64)
    await answer(half, Query(question="When?", documents=one(CAFE * 20), stride=32), max_tokens=64)
    assert len(half.streams[0].requests) == pytest.approx(2 * len(apart.streams[0].requests), abs=1)


@pytest.mark.parametrize("stride", [64, 65, 1 << 20])
async def test_a_stride_as_large_as_the_window_is_refused(stride: int) -> None:
    query = Query(question="When?", documents=one(CAFE), stride=stride)
    with pytest.raises(InvalidOption, match=f"stride is {stride}, but must be less than the window of 64") as error:
        await answer(chooser({}), query, max_tokens=64)
    assert error.value.param == "stride"


async def test_a_stride_that_makes_too_many_windows_is_refused() -> None:
    query = Query(question="When?", documents=one("so " * 100_000), stride=63)
    with pytest.raises(InvalidOption) as error:
        await answer(chooser({}), query, max_tokens=64)
    assert error.value.param == "stride"


async def test_the_context_comes_before_the_question() -> None:
    client = chooser({"Ada": 9})
    await answer(client, Query(question="Who came?", documents=one("Ada came.")))
    prompt = CHAT.decode(client.requests[0].prompt)
    assert prompt.endswith("user\nContext: Ada came.\n\nQuestion: Who came?<|im_end|>\n<|im_start|>assistant\n")


async def test_a_question_is_put_in_its_own_language_whatever_the_context_has() -> None:
    client = chooser({"Ada": 9})
    found = await answer(client, Query(question="谁来了？", documents=one("Ada came.")))
    prompt = CHAT.decode(client.requests[0].prompt)
    assert prompt.endswith("user\n上下文：Ada came.\n\n问题：谁来了？<|im_end|>\n<|im_start|>assistant\n")
    assert "Question" not in prompt
    assert found.text == "Ada"
    client = chooser({"晚上六点": 9})
    found = await answer(client, Query(question="When does it close?", documents=one("咖啡馆晚上六点关门。")))
    assert "问题" not in CHAT.decode(client.requests[0].prompt)
    assert (found.text, found.spans[0].start) == ("晚上六点", 3)


async def test_a_base_model_ends_a_span_with_the_line() -> None:
    base = tokenizer("byte_level")
    [newline] = base.encode("\n")

    def script(request: Any) -> Any:
        assert newline in request.params.stop_token_ids
        return wants(base, {" six": 9, "six": 9})(request)

    client = ScriptedEngine(script, max_model_len=8192, num_blocks=512, vocab_size=base.vocab_size)
    with await Answerer(Generator(client, base)).answer(
        Query(question="When?", documents=one("At six.\nOr at eight.")), options=GREEDY
    ) as run:
        found = await run.collect()
    assert base.decode(client.requests[0].prompt).endswith(
        "\n\nContext: At six.\nOr at eight.\n\nQuestion: When?\nAnswer:"
    )
    assert "\n" not in found.text


async def test_without_documents_the_model_says_what_it_knows() -> None:
    client = speaker(" Canberra.\n")
    found = await answer(client, Query(question="Who came?"))
    assert (found.text, found.mode, found.spans, found.no_answer) == ("Canberra.", "generative", (), False)
    prompt = CHAT.decode(client.requests[0].prompt)
    assert prompt.endswith("user\nWho came?<|im_end|>\n<|im_start|>assistant\n")
    assert "Context" not in prompt


@pytest.mark.parametrize("question", ["Python的GIL是什么？", "What的意思是什么", "DNA是什么", "什么是量子计算？"])
async def test_foreign_words_leave_a_question_chinese(question: str) -> None:
    client = speaker("x")
    await answer(client, Query(question=question))
    assert "请准确" in CHAT.decode(client.requests[0].prompt)


@pytest.mark.parametrize(
    "question", ["What does 你好 mean?", "量子計算とは何ですか？", "양자(量子)란?", "Was ist das?"]
)
async def test_chinese_words_make_no_question_chinese(question: str) -> None:
    client = speaker("x")
    await answer(client, Query(question=question))
    assert "请准确" not in CHAT.decode(client.requests[0].prompt)


async def test_a_generated_answer_is_short_and_greedy_unless_told_otherwise() -> None:
    client = speaker("x")
    await answer(client, Query(question="Who?"))
    await answer(client, Query(question="Who?"), Options.from_values(max_tokens=7, temperature=0.5))
    first, second = (request.params for request in client.requests)
    assert (first.max_tokens, first.temperature) == (256, 0.0)
    assert (second.max_tokens, second.temperature) == (7, 0.5)


async def test_titles_that_leave_no_room_are_refused() -> None:
    documents = (ContextDocument(id="a", text=CAFE, title="so " * 600),)
    with pytest.raises(InvalidOption) as error:
        await answer(chooser({}, max_model_len=1400), Query(question="When?", documents=documents))
    assert error.value.param == "documents"


async def test_a_blank_question_is_refused() -> None:
    with pytest.raises(InvalidPrompt) as error:
        await answer(chooser({}), Query(question=" \n", documents=one("context")))
    assert error.value.param == "question"


@pytest.mark.parametrize("documents", [(), one(CAFE)])
@pytest.mark.parametrize("mode", ["auto", "generative"])
async def test_a_question_that_cannot_fit_is_refused(documents: tuple[ContextDocument, ...], mode: Any) -> None:
    with pytest.raises(PromptTooLong) as error:
        await answer(chooser({}, max_model_len=800), Query(question="Who? " * 600, documents=documents, mode=mode))
    assert error.value.param == "question"


@pytest.mark.parametrize(
    ("param", "changed"),
    [
        ("temperature", {"temperature": 0.7}),
        ("top_k", {"top_k": 5}),
        ("top_p", {"top_p": 0.9}),
        ("repetition_penalty", {"repetition_penalty": 1.1}),
        ("logit_bias", {"logit_bias": {1: 2.0}}),
        ("stop", {"stop": ("x",)}),
        ("min_tokens", {"min_tokens": 3}),
        ("ignore_eos", {"ignore_eos": True}),
    ],
)
async def test_an_extracted_answer_is_not_sampled(param: str, changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as error:
        await answer(
            chooser({}),
            Query(question="When?", documents=one(CAFE)),
            Options.from_values(**{"temperature": 0.0} | changed),
        )
    assert error.value.param == param


@pytest.mark.parametrize(
    ("param", "changed"),
    [
        ("top_k", {"top_k": 2}),
        ("max_answer_len", {"max_answer_len": 5}),
    ],
)
async def test_a_generated_answer_is_not_extracted(param: str, changed: dict[str, Any]) -> None:
    for documents in ((), one(CAFE)):
        with pytest.raises(InvalidOption) as error:
            await answer(chooser({}), Query(question="When?", documents=documents, mode="generative", **changed))
        assert error.value.param == param


@pytest.mark.parametrize(("param", "value"), [("no_answer_threshold", 0.5), ("stride", 5)])
@pytest.mark.parametrize("mode", ["auto", "generative"])
async def test_an_answer_without_documents_has_no_part_of_them(mode: Any, param: str, value: float) -> None:
    with pytest.raises(InvalidOption) as error:
        await answer(chooser({}), replace(Query(question="When?", mode=mode), **{param: value}))
    assert error.value.param == param


async def test_nothing_can_be_extracted_from_nothing() -> None:
    with pytest.raises(InvalidOption) as error:
        await answer(chooser({}), Query(question="When?", mode="extractive"))
    assert error.value.param == "mode"


async def test_every_round_says_whose_it_is() -> None:
    client = chooser({"six in the evening": 9, "six in the": 5, "six": 4})
    mine = {"priority": -3, "cache_salt": "salt", "tenant": "me"}
    query = Query(question="When does it close?", documents=one(CAFE))
    await answer(client, query, replace(GREEDY, **mine))
    assert len(client.streams) > 1
    assert {(each.priority, each.cache_salt, each.tenant) for each in client.requests} == {(-3, "salt", "me")}


async def test_leaving_early_aborts() -> None:
    client = speaker("one two three")
    with await Answerer(Generator(client, CHAT)).answer(Query(question="Who?"), options=GREEDY) as run:
        async for _ in run:
            break
    assert client.streams[0].closed
