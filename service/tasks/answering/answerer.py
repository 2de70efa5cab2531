"""The answerer: decides whether a question is answered by extraction, with quotations, or from what the model knows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

from model_store.types import NoAnswer
from service.errors import InvalidOption, InvalidPrompt
from service.tasks.answering.documents.html_documents import HtmlDocuments
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.extraction.extractor import Extractor
from service.tasks.answering.generation.knowledge import prepare_from_knowledge
from service.tasks.answering.generation.quoter import Quoter
from service.tasks.answering.history.follow_up import prepare_follow_up
from service.tasks.answering.history.rewriter import Rewriter
from service.tasks.answering.query import Query
from service.tasks.answering.reading.reader import Reader
from service.tasks.answering.result import Answer, AnswerSpan
from service.tasks.answering.run import AnswerSteps, ModelWork, NoWork, PreparedAnswer
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY, Options

# The options that an extracted answer has. All others would shape or cut the probabilities that choose its span.
_EXTRACTIVE_OPTIONS = frozenset({"max_tokens", "max_tokens_param", "seed", "priority", "cache_salt", "tenant"})

# Prepares the answer to a query with a question that is not blank. The text is the id of the request.
Prepare = Callable[[Query, Options, str], Awaitable[PreparedAnswer]]


class Answerer:
    """Answers questions with one model: ``extract`` takes spans out of documents, ``generate`` writes answers.

    A model that cannot write has no ``generate`` and no ``rewriter``. ``window_tokens`` are the most of a window.
    """

    def __init__(
        self,
        extract: Prepare,
        generate: Prepare | None = None,
        rewriter: Rewriter | None = None,
        *,
        window_tokens: int = 0,
    ) -> None:
        self._extract = extract
        self._generate = generate
        self._rewriter = rewriter
        self._window_tokens = window_tokens

    @classmethod
    def from_generator(
        cls,
        generator: Generator,
        *,
        style: str = "auto",
        calibration: NoAnswer | None = None,
        limits: WindowLimits | None = None,
    ) -> "Answerer":
        """Answers by a language model. ``style`` is its prompt style: auto, chat or base."""
        limits = limits or WindowLimits()
        extractor = Extractor(generator, style=style, calibration=calibration, limits=limits)
        quoter = Quoter(generator, extractor, style=style)

        async def generate(query: Query, options: Options, id: str) -> PreparedAnswer:
            if query.documents:
                return await quoter.prepare(query, options, id)
            return await prepare_from_knowledge(generator, query, options, id, style=style)

        rewriter = Rewriter(generator, style=style)
        return cls(extractor.prepare, generate, rewriter, window_tokens=limits.max_tokens)

    @classmethod
    def from_reader(cls, reader: Reader, limits: WindowLimits) -> "Answerer":
        """Answers by a model with a span head, which only extracts."""

        async def extract(query: Query, options: Options, id: str) -> PreparedAnswer:
            return await reader.prepare(query, options, limits, id)

        return cls(extract)

    async def prepare(self, query: Query, *, options: Options, request_id: str | None = None) -> PreparedAnswer:
        """Validate and tokenize a question.

        With documents the answer is a span of them or, in mode "generative", a short text that quotes them. Without
        documents the model answers from what it knows. Blank documents hold no answer, and no model is asked. A
        question with a history is written again first.

        Raises InvalidPrompt ("question", "documents"), InvalidOption, PromptTooLong ("question", "documents",
        "history") and ProcessUnavailable.
        """
        question = query.question.strip()
        if not question:
            raise InvalidPrompt("the question is empty", param="question")
        query = replace(query, question=question)
        mode = query.resolved_mode
        _check_mode(query, mode)
        id = request_id or uuid4().hex
        if not query.history:
            return await self._prepare(query, mode, options, id)
        if self._rewriter is None:
            raise InvalidOption("this model does not write, so it takes no history", param="history")
        return await prepare_follow_up(
            self._rewriter,
            question,
            query.history,
            options,
            id,
            window_tokens=self._window_tokens,
            prepare=lambda text: self._prepare(replace(query, question=text), mode, options, id),
        )

    async def _prepare(self, query: Query, mode: str, options: Options, id: str) -> PreparedAnswer:
        if query.format == "html":
            html = await asyncio.to_thread(HtmlDocuments.from_query, query)
            prepared = await self._prepare_texts(html.query, mode, options, id)
            return replace(prepared, begin=lambda: _in_html(prepared, html))
        return await self._prepare_texts(query, mode, options, id)

    async def _prepare_texts(self, query: Query, mode: str, options: Options, id: str) -> PreparedAnswer:
        if query.documents and not any(document.text.strip() for document in query.documents):
            return PreparedAnswer(Cost(0, 0), lambda: (NoWork(), _no_answer(mode)))
        if mode == "generative":
            if self._generate is None:
                raise InvalidOption("this model extracts answers and does not write any", param="mode")
            return await self._generate(query, options, id)
        _refuse_sampling(options)
        return await self._extract(query, options, id)


def _check_mode(query: Query, mode: str) -> None:
    """Raises InvalidOption for options that the mode does not have."""
    if mode == "extractive" and not query.documents:
        raise InvalidOption("mode extractive takes an answer out of a context or documents: give one", param="mode")
    if mode == "generative":
        for name, given in (("top_k", query.top_k > 1), ("max_answer_len", query.max_answer_len is not None)):
            if given:
                raise InvalidOption(f"{name} is for extractive answers, and this one is generated", param=name)
    if not query.documents:
        for name in ("no_answer_threshold", "stride", "max_passages"):
            if getattr(query, name) is not None:
                raise InvalidOption(f"{name} is for answers out of a context or documents: give one", param=name)


def _refuse_sampling(options: Options) -> None:
    """Raises InvalidOption for options that an extracted answer does not have."""
    neutral = GREEDY.values()
    for name, value in options.values().items():
        if name not in _EXTRACTIVE_OPTIONS and value != neutral[name]:
            message = f"{name} is for generated answers, and this one is extracted; mode generative takes it"
            raise InvalidOption(message, param=name)


async def _no_answer(mode: str) -> AnswerSteps:
    yield Answer(text="", mode=mode, no_answer=True, no_answer_probability=1.0 if mode == "extractive" else None)


def _in_html(prepared: PreparedAnswer, html: HtmlDocuments) -> tuple[ModelWork, AnswerSteps]:
    """The work and the steps of an answer, whose spans get offsets in the HTML."""
    work, steps = prepared.begin()

    async def mapped() -> AnswerSteps:
        async for step in steps:
            if isinstance(step, AnswerSpan):
                yield html.span(step)
            else:
                yield html.answer(step) if isinstance(step, Answer) else step

    return work, mapped()
