"""A question to its answer: what is asked of which text, and who answers it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from uuid import uuid4

from model_store.types import NoAnswer
from service.errors import InvalidOption, InvalidPrompt, PromptTooLong
from service.tasks.answering.extraction import Extraction, Reading
from service.tasks.answering.prompts import citing_prompt, extraction_prompt, knowledge_prompt
from service.tasks.answering.query import Query
from service.tasks.answering.quotation import Begun, Quotation
from service.tasks.answering.ranking import Ranking
from service.tasks.answering.reader import Reader
from service.tasks.answering.relevance import Relevance
from service.tasks.answering.result import Answer, Span
from service.tasks.answering.run import AnswerRun
from service.tasks.answering.vocabulary import Vocabulary
from service.tasks.answering.windows import LEAST_WINDOW, Bounds, Window, check_number, split
from service.tasks.generation.choice import raise_if_failed
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.cost import Cost
from service.tasks.generation.few_shot import FewShot
from service.tasks.generation.generator import GREEDY, Generator, Options
from service.tasks.generation.request import GenerationRequest

_LONGEST_ANSWER = 256  # tokens, where the client names no number; the prompts ask for far less
_BEAM = 5  # beginnings of spans that are followed, if not more answers are asked for
_SEAM = 16  # tokens that a text may take more in its prompt than by itself


class Answerer:
    """``style`` is the model's prompt style: auto, chat or base. A ``reader`` extracts in the place of the model."""

    def __init__(
        self,
        generator: Generator,
        *,
        style: str = "auto",
        calibration: NoAnswer | None = None,
        bounds: Bounds | None = None,
        reader: Reader | None = None,
    ) -> None:
        self._generator = generator
        self._style = style
        self._calibration = calibration or NoAnswer()
        self._bounds = bounds or Bounds()
        self._reader = reader
        self._vocabulary: Vocabulary | None = None
        self._building = asyncio.Lock()

    async def answer(self, query: Query, *, options: Options, request_id: str | None = None) -> AnswerRun:
        """From documents a span of them or, generative, a short answer that quotes them; else what the model knows.

        Blank documents hold no answer, and no model is asked. Raises InvalidPrompt (``param`` "question" or
        "documents"), InvalidOption ("mode", "stride"), PromptTooLong ("question") and what ``Generator.start`` raises.
        """
        question = query.question.strip()
        if not question:
            raise InvalidPrompt("the question is empty", param="question")
        query = replace(query, question=question)
        mode = _mode(query)
        id = request_id or uuid4().hex
        rounds = CompletionSequence(self._generator, id)
        if not query.documents:
            return await self._from_knowledge(query, options, rounds)
        if not any(document.text.strip() for document in query.documents):
            return AnswerRun(rounds, _nothing(mode), cost=Cost(0, 0))
        if mode == "extractive":
            _refuse_sampling(options)
            if self._reader is not None:
                return await self._reader.answer(query, options, self._bounds, id)
            return await self._extract(query, options, rounds)
        return await self._quote(query, options, rounds)

    async def _extract(self, query: Query, options: Options, rounds: CompletionSequence) -> AnswerRun:
        most_tokens = min(query.longest, options.max_tokens or query.longest)
        windows = await self._windows(query, await self._room(extraction_prompt(query.question, ""), most_tokens))
        extraction = await self._extraction(query, options, windows, most_tokens)
        work = extraction.work(rounds, query.top_k, query.no_answer_threshold)
        return AnswerRun(rounds, work, cost=extraction.cost)

    async def _extraction(
        self, query: Query, options: Options, windows: Sequence[Window], most_tokens: int
    ) -> Extraction:
        readings = []
        for window in windows:
            prompt, given = extraction_prompt(query.question, window.titled)
            tokens = await prompt.encode(self._generator.tokenizer, given, style=self._style)
            readings.append(Reading(window, tuple(tokens)))
        return Extraction(
            self._generator,
            await self._words(),
            readings,
            Ranking(query.question, windows, self._calibration),
            replace(GREEDY, priority=options.priority, cache_salt=options.cache_salt, tenant=options.tenant),
            longest=query.longest,
            most_tokens=most_tokens,
            beam=max(_BEAM, query.top_k),
        )

    async def _quote(self, query: Query, options: Options, rounds: CompletionSequence) -> AnswerRun:
        tokenizer = self._generator.tokenizer
        most_tokens = options.max_tokens or _LONGEST_ANSWER
        bare = citing_prompt(query.question, [])
        room = (await self._room((bare.prompt, bare.given), most_tokens) - _SEAM) // 2  # for a window and its quotation
        room = min(room, await self._room(extraction_prompt(query.question, ""), query.longest))
        windows = await self._windows(query, room)
        extraction = await self._extraction(query, options, windows, query.longest)

        async def begin(spans: Sequence[Span], quote: str) -> Begun:
            for count in range(len(spans), 0, -1):  # there is room for one window at least
                read = extraction.windows_of(spans[:count])
                citing = citing_prompt(query.question, [window.titled for window in read])
                begun = f"{citing.quote} {quote}"
                tokens = await citing.prompt.encode(tokenizer, citing.given, style=self._style, begun=begun)
                if len(tokens) + most_tokens <= self._generator.max_tokens:
                    break
            stop = citing.prompt.stop(tokenizer, style=self._style, several_lines=True)
            written = replace(options, max_tokens=most_tokens, stop=(*options.stop, *stop))
            return Begun(self._generator.from_tokens(tokens, written, param=_blame(query)), citing, read)

        quotation = Quotation(extraction, Relevance.among_sentences(query.question, windows), begin)
        work = quotation.work(rounds, query.no_answer_threshold)
        cost = replace(extraction.cost, tokens=extraction.cost.tokens + most_tokens)
        return AnswerRun(rounds, work, cost=cost)

    async def _from_knowledge(self, query: Query, options: Options, rounds: CompletionSequence) -> AnswerRun:
        prompt, given = knowledge_prompt(query.question)
        tokenizer = self._generator.tokenizer
        tokens = await prompt.encode(tokenizer, given, style=self._style)
        options = replace(options, stop=(*options.stop, *prompt.stop(tokenizer, style=self._style)))
        request = self._generator.from_tokens(tokens, options, param="question", max_output_tokens=_LONGEST_ANSWER)
        return AnswerRun(rounds, _written(rounds, request), cost=Cost.from_requests([request]))

    async def _room(self, asked: tuple[FewShot, str], most_tokens: int) -> int:
        """Tokens of documents that fit between a question and its answer. Raises PromptTooLong."""
        prompt, given = asked
        tokens = await prompt.encode(self._generator.tokenizer, given, style=self._style)
        limit = self._generator.max_tokens
        room = limit - len(tokens) - most_tokens - _SEAM
        if room < LEAST_WINDOW:
            raise PromptTooLong(len(tokens), most_tokens + _SEAM + LEAST_WINDOW, limit, param="question")
        return room

    async def _windows(self, query: Query, room: int) -> list[Window]:
        """The documents in windows, or as many as may be read: those that have most of the question."""
        tokenizer = self._generator.tokenizer
        room -= max(len(tokenizer.encode(document.title)) for document in query.documents)
        if room < LEAST_WINDOW:
            raise InvalidOption("the documents' titles leave no room for their texts", param="documents")
        size, stride = self._bounds.fit(room, query.stride)
        most = self._bounds.windows

        def work() -> list[Window]:
            windows: list[Window] = []
            for document in query.documents:
                offsets = tokenizer.offsets(document.text)
                check_number(len(offsets), size, stride)
                windows += split(document, offsets, size=size, stride=stride)
            texts = [window.text for window in windows]
            best = Relevance(query.question, texts).best(texts, most) if len(texts) > most else range(len(texts))
            return [windows[index] for index in best]

        return await asyncio.to_thread(work)

    async def _words(self) -> Vocabulary:
        """The vocabulary by bytes, made when it is first needed."""
        async with self._building:
            if self._vocabulary is None:
                generator = self._generator
                prompt, _ = extraction_prompt("", "")
                one_line = bool(prompt.stop(generator.tokenizer, style=self._style))
                size = generator.client.info.vocab_size
                self._vocabulary = await asyncio.to_thread(Vocabulary, generator.tokenizer, size, one_line=one_line)
            return self._vocabulary


def _mode(query: Query) -> str:
    """Extractive where there are documents. Raises InvalidOption for what the mode cannot do."""
    mode = ("extractive" if query.documents else "generative") if query.mode == "auto" else query.mode
    if mode == "extractive" and not query.documents:
        raise InvalidOption("mode extractive takes an answer out of a context or documents: give one", param="mode")
    if mode == "generative":
        for name, given in (
            ("top_k", query.top_k > 1),
            ("max_answer_len", query.max_answer_len is not None),
        ):
            if given:
                raise InvalidOption(f"{name} is for extractive answers, and this one is generated", param=name)
    if not query.documents:
        for name, value in (("no_answer_threshold", query.no_answer_threshold), ("stride", query.stride)):
            if value is not None:
                raise InvalidOption(f"{name} is for answers out of a context or documents: give one", param=name)
    return mode


def _refuse_sampling(options: Options) -> None:
    """A span is chosen by all of its probabilities: raises InvalidOption for what would shape or cut them."""
    kept = {"max_tokens", "seed", "priority", "cache_salt", "tenant"}
    neutral = GREEDY.values()
    for name, value in options.values().items():
        if name not in kept and value != neutral[name]:
            message = f"{name} is for generated answers, and this one is extracted; mode generative takes it"
            raise InvalidOption(message, param=name)


def _blame(query: Query) -> str:
    return "documents" if query.documents[0].id else "context"


async def _nothing(mode: str) -> AsyncGenerator[str | Answer, None]:
    yield Answer(text="", mode=mode, no_answer=True, no_answer_probability=1.0 if mode == "extractive" else None)


async def _written(rounds: CompletionSequence, request: GenerationRequest) -> AsyncGenerator[str | Answer, None]:
    """What the model says, trimmed."""
    text, space, finish = "", "", "stop"
    async for delta in rounds.start([request]):
        raise_if_failed(delta)
        finish = str(delta.finish or finish)
        piece = space + delta.text if text else delta.text.lstrip()
        body = piece.rstrip()
        space = piece[len(body) :]
        text += body
        yield body
    yield Answer(text=text, mode="generative", finish_reason=finish)
