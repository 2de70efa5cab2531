"""The answerer: decides whether a question is answered by extraction, with quotations, or from what the model knows."""

from dataclasses import replace
from uuid import uuid4

from model_store.types import NoAnswer
from service.errors import InvalidOption, InvalidPrompt
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.extraction.extractor import Extractor
from service.tasks.answering.generation.knowledge import prepare_from_knowledge
from service.tasks.answering.generation.quoter import Quoter
from service.tasks.answering.query import Query
from service.tasks.answering.reading.reader import Reader
from service.tasks.answering.result import Answer
from service.tasks.answering.run import AnswerSteps, PreparedAnswer
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY, Options

# The options that an extracted answer has. All others would shape or cut the probabilities that choose its span.
_EXTRACTIVE_OPTIONS = frozenset({"max_tokens", "seed", "priority", "cache_salt", "tenant"})


class Answerer:
    """Answers questions with one model, and extracts with the ``reader`` if there is one.

    ``style`` is the model's prompt style: auto, chat or base.
    """

    def __init__(
        self,
        generator: Generator,
        *,
        style: str = "auto",
        calibration: NoAnswer | None = None,
        limits: WindowLimits | None = None,
        reader: Reader | None = None,
    ) -> None:
        self._generator = generator
        self._style = style
        self._limits = limits or WindowLimits()
        self._reader = reader
        self._extractor = Extractor(generator, style=style, calibration=calibration, limits=self._limits)
        self._quoter = Quoter(generator, self._extractor, style=style)

    async def prepare(self, query: Query, *, options: Options, request_id: str | None = None) -> PreparedAnswer:
        """Validate and tokenize a question.

        With documents the answer is a span of them or, in mode "generative", a short text that quotes them. Without
        documents the model answers from what it knows. Blank documents hold no answer, and no model is asked.

        Raises InvalidPrompt ("question", "documents"), InvalidOption, PromptTooLong ("question", "documents") and
        ProcessUnavailable.
        """
        question = query.question.strip()
        if not question:
            raise InvalidPrompt("the question is empty", param="question")
        query = replace(query, question=question)
        mode = _resolve_mode(query)
        id = request_id or uuid4().hex
        if not query.documents:
            return await prepare_from_knowledge(self._generator, query, options, id, style=self._style)
        if not any(document.text.strip() for document in query.documents):
            return PreparedAnswer(Cost(0, 0), lambda: (CompletionSequence(self._generator, id), _no_answer(mode)))
        if mode == "generative":
            return await self._quoter.prepare(query, options, id)
        _refuse_sampling(options)
        if self._reader is not None:
            return await self._reader.prepare(query, options, self._limits, id)
        return await self._extractor.prepare(query, options, id)


def _resolve_mode(query: Query) -> str:
    """ "extractive" or "generative". Raises InvalidOption for options that the mode does not have."""
    mode = ("extractive" if query.documents else "generative") if query.mode == "auto" else query.mode
    if mode == "extractive" and not query.documents:
        raise InvalidOption("mode extractive takes an answer out of a context or documents: give one", param="mode")
    if mode == "generative":
        for name, given in (("top_k", query.top_k > 1), ("max_answer_len", query.max_answer_len is not None)):
            if given:
                raise InvalidOption(f"{name} is for extractive answers, and this one is generated", param=name)
    if not query.documents:
        for name, value in (("no_answer_threshold", query.no_answer_threshold), ("stride", query.stride)):
            if value is not None:
                raise InvalidOption(f"{name} is for answers out of a context or documents: give one", param=name)
    return mode


def _refuse_sampling(options: Options) -> None:
    """Raises InvalidOption for options that an extracted answer does not have."""
    neutral = GREEDY.values()
    for name, value in options.values().items():
        if name not in _EXTRACTIVE_OPTIONS and value != neutral[name]:
            message = f"{name} is for generated answers, and this one is extracted; mode generative takes it"
            raise InvalidOption(message, param=name)


async def _no_answer(mode: str) -> AnswerSteps:
    yield Answer(text="", mode=mode, no_answer=True, no_answer_probability=1.0 if mode == "extractive" else None)
