"""Answers of the real reader against the reference: the same spans and probabilities, at exact places.

The model is in this process. ``test_client`` compares its scores with those of an encoder process.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from service.encoder.client import EncoderClient
from service.errors import InvalidOption, PromptTooLong
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer
from service.tasks.answering.reading.reader import Reader
from service.tasks.answering.result import Answer
from service.tasks.generation.options import Options
from tests.encoder.configs import encoder_config
from tests.encoder.local_encoder import LocalEncoder
from tests.encoder.reference import ReferenceReader
from tests.encoder.tiny_readers import FAMILIES, POSITIONS, tiny_reader

PLAIN = "The café opens at eight and closes at six in the evening. The lighthouse keeper is Ada Lund. " * 4
ODD = (
    "A cafe\u0301 au lait\r\n\tfor 3\u2009euros, a family 👩‍👩‍👧 of\u00a0three\u2028 and  an end.",
    "الجسر بُنِيَ عام 1894 من الفولاذ.",
    "枫叶咖啡馆每天早上八点开门，晚上六点关门。",
    "one\x00two \ufeffthree \u200bfour",
    "x" * 300,
    "🙂🙃🙂",
)


class Real:
    """A reader, and the same model as the reference."""

    def __init__(self, path: Path, client: EncoderClient) -> None:
        self.reference = ReferenceReader(path)
        self.client = client
        self.tokenizer = PairTokenizer.load(path)
        self.reader = Reader(self.client, self.tokenizer)
        self._count = 0

    async def answer(self, query: Query, options: Options | None = None, **limits: int) -> Answer:
        self._count += 1
        id = f"request-{self._count}"
        prepared = await self.reader.prepare(query, options or Options(), WindowLimits(**limits), id)
        with await prepared.start() as run:
            answer = await run.collect()
        documents = {document.id: document.text for document in query.documents}
        for span in answer.spans:
            assert documents[span.document][span.start : span.end] == span.text
            assert span.text.strip() == span.text != ""
        return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FAMILIES)
async def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Real]:
    path = tiny_reader(request.param, tmp_path_factory.mktemp(request.param))
    config = encoder_config(path, device="cpu", threads=1, log_level="warning")
    yield Real(path, LocalEncoder(config, tmp_path_factory.mktemp("crash_record")).client)


pytestmark = pytest.mark.asyncio(loop_scope="module")


def one(text: str, title: str = "") -> tuple[ContextDocument, ...]:
    return (ContextDocument(id="", text=text, title=title),)


def plain_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span of whole words in ``PLAIN`` between two characters. A word is letters, or one full stop."""

    def inside(at: int) -> bool:
        return 0 < at < len(text) and text[at - 1].isalpha() and text[at].isalpha()

    while start < end and text[start] == " ":
        start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    return None if start == end or inside(start) or inside(end) else (start, end)


@pytest.mark.parametrize("stride", [0, 8, 30])
async def test_spans_and_probabilities_are_those_of_the_reference(real: Real, stride: int) -> None:
    question = "When does the café close?"
    documents = (
        ContextDocument(id="a", text=PLAIN),
        ContextDocument(id="b", text="It rains on other days. Or so they say."),
    )
    frame = len(real.tokenizer.frame(question))
    expected = real.reference.spans(
        question, [each.text for each in documents], plain_words, max_length=frame + 40, stride=stride, longest=30
    )
    query = Query(question=question, documents=documents, top_k=25, max_answer_len=30, stride=stride)
    found = await real.answer(query, max_tokens=40)
    assert found.no_answer_probability == pytest.approx(expected.none, abs=1e-4)
    assert len(found.spans) == 25
    assert [span.score for span in found.spans] == pytest.approx([score for _, score in expected.ranked[:25]], abs=1e-4)
    for span in found.spans:
        place = ("a", "b").index(span.document), span.start, span.end
        assert span.score == pytest.approx(expected.spans[place], abs=1e-4)


async def test_other_windows_in_the_batch_change_no_answer(real: Real) -> None:
    queries = [
        Query(question="Who?" * n, documents=one(PLAIN[: 40 * n]), top_k=3, stride=4) for n in (1, 3, 2, 5, 4, 7)
    ]
    alone = [await real.answer(query, max_tokens=40) for query in queries]
    together = await asyncio.gather(*(real.answer(query, max_tokens=40) for query in queries))
    for one_, other in zip(alone, together, strict=True):
        assert other.no_answer_probability == pytest.approx(one_.no_answer_probability, abs=1e-4)
        assert [span.score for span in other.spans] == pytest.approx([span.score for span in one_.spans], abs=1e-4)


@pytest.mark.parametrize("text", ODD)
async def test_spans_never_cut_a_character_in_any_script(real: Real, text: str) -> None:
    found = await real.answer(Query(question="Who?", documents=one(text), top_k=200, max_answer_len=300))
    assert found.spans or len(real.tokenizer.tokens(text).ids) > POSITIONS, "only a word longer than a window is none"
    assert len({(span.start, span.end) for span in found.spans}) == len(found.spans)
    for span in found.spans:
        for part in ("e\u0301", "👩‍👩‍👧", "\r\n", "بُنِيَ"):
            at = text.find(part)
            assert at < 0 or not any(at < edge < at + len(part) for edge in (span.start, span.end)), span


async def test_the_probabilities_of_all_spans_and_of_no_answer_sum_to_one(real: Real) -> None:
    found = await real.answer(Query(question="Who?", documents=one("Ada Lund came."), top_k=1000))
    assert found.no_answer_probability is not None
    assert sum(span.score for span in found.spans) + found.no_answer_probability == pytest.approx(1, abs=1e-6)
    assert {"Ada", "Ada Lund", "Lund came.", "."} <= {span.text for span in found.spans}


async def test_the_client_sets_the_threshold(real: Real) -> None:
    for threshold, none in ((0.0, True), (1.0, False)):
        found = await real.answer(Query(question="Who?", documents=one(PLAIN), no_answer_threshold=threshold))
        assert (found.no_answer, found.text == "") == (none, none)
        assert found.spans
        assert found.score == (None if none else found.spans[0].score)


async def test_an_answer_is_at_most_as_long_as_requested(real: Real) -> None:
    query = Query(question="Who?", documents=one("Ada Lund came."), top_k=1000, max_answer_len=8)
    assert {len(span.text) <= 8 for span in (await real.answer(query)).spans} == {True}
    query = Query(question="Who?", documents=one("I a b c d"), top_k=1000)
    found = await real.answer(query, Options(max_tokens=1))
    assert found.spans
    assert all(len(real.tokenizer.tokens(span.text).ids) <= 2 for span in found.spans)  # its space may be a token


async def test_a_title_is_read_but_never_an_answer(real: Real) -> None:
    bare = await real.answer(Query(question="Who?", documents=one("Ada came."), top_k=50))
    titled = await real.answer(Query(question="Who?", documents=one("Ada came.", "Lighthouses"), top_k=50))
    assert {span.text for span in titled.spans} == {span.text for span in bare.spans}
    assert titled.score != pytest.approx(bare.score, abs=1e-6)


async def test_a_question_title_or_stride_that_does_not_fit_is_refused(real: Real) -> None:
    with pytest.raises(PromptTooLong) as error:
        await real.answer(Query(question="Who? " * POSITIONS, documents=one("Ada came.")))
    assert error.value.param == "question"
    with pytest.raises(PromptTooLong) as error:
        await real.answer(Query(question="Who?", documents=one("Ada came.", "Long " * POSITIONS)))
    assert error.value.param == "documents"
    with pytest.raises(InvalidOption, match="less than the window of 40") as refused:
        await real.answer(Query(question="Who?", documents=one("Ada came."), stride=40), max_tokens=40)
    assert refused.value.param == "stride"


async def test_only_the_best_window_of_a_huge_text_is_read(real: Real) -> None:
    filler = "It rains and the wind blows from the sea. " * 1500
    query = Query(question="Who keeps the lighthouse?", documents=one(f"{filler}The lighthouse keeper. {filler}"))
    prepared = await real.reader.prepare(query, Options(), WindowLimits(max_tokens=40, max_windows=1), "huge")
    with await prepared.start() as run:
        found = await run.collect()
    assert prepared.cost.sequences == 1
    assert run.usage.prompt_tokens <= POSITIONS
    assert abs(found.spans[0].start - len(filler)) < 1000  # characters, of 126,000


@pytest.mark.parametrize("text", ["\u200b", "\ufeff", "\x00"])
async def test_the_answer_from_a_text_without_words_is_empty_or_the_whole_text(real: Real, text: str) -> None:
    found = await real.answer(Query(question="Who?", documents=one(text)))
    assert found.no_answer is True or found.text == text
