"""Extractive answers from a model with a span head: windows of the documents, read all at once."""

import asyncio
import time
from collections.abc import AsyncGenerator

from model_store.types import NoAnswer
from service.errors import PromptTooLong, UnknownToken
from service.reader.client import ReaderClient, Reading
from service.reader.messages import EncodedWindow, WindowScores
from service.tasks.answering import span_scores
from service.tasks.answering.excerpt import Excerpt
from service.tasks.answering.pairs import Frame, PairTokenizer, Tokens
from service.tasks.answering.query import Document, Query
from service.tasks.answering.relevance import Relevance
from service.tasks.answering.result import Answer
from service.tasks.answering.run import AnswerRun
from service.tasks.answering.windows import LEAST_WINDOW, Bounds, check_number
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Options
from service.tasks.generation.usage import Timings, Usage


class Reader:
    """The model and its tokenizer."""

    def __init__(self, client: ReaderClient, tokenizer: PairTokenizer, *, calibration: NoAnswer | None = None) -> None:
        self.client = client
        self._tokenizer = tokenizer
        self._calibration = calibration or NoAnswer()

    async def answer(self, query: Query, options: Options, bounds: Bounds, request_id: str) -> AnswerRun:
        """A span of the documents. A title is read with every window of its document, and is no answer.

        Raises PromptTooLong ("question", "documents"), InvalidOption ("stride"), InvalidPrompt, ProcessUnavailable.
        """
        windows = await asyncio.to_thread(self._windows, query, bounds)
        longest = query.longest
        choice = span_scores.Choice(
            top_k=query.top_k,
            longest=longest,
            most_tokens=options.max_tokens or longest,
            threshold=query.no_answer_threshold,
        )
        work = _Work(self.client, request_id, windows, options)
        cost = Cost(len(windows.rows), sum(len(row.tokens) for row in windows.rows))
        return AnswerRun(work, self._steps(work, windows, choice), cost=cost)

    async def _steps(
        self, work: "_Work", windows: "_Windows", choice: span_scores.Choice
    ) -> AsyncGenerator[str | Answer, None]:
        scores = await work.scores()
        answer = await asyncio.to_thread(
            span_scores.answer, windows.excerpts, windows.skipped, scores, choice, self._calibration
        )
        yield answer.text
        yield answer

    def _windows(self, query: Query, bounds: Bounds) -> "_Windows":
        frame = self._tokenizer.frame(query.question)
        info = self.client.info
        room = info.max_tokens - len(frame)
        if room < LEAST_WINDOW:
            raise PromptTooLong(len(frame), LEAST_WINDOW, info.max_tokens, param="question")
        titles: list[list[int]] = []
        excerpts: list[Excerpt] = []
        for place, document in enumerate(query.documents):
            titles.append(self._title(document, room))
            size, stride = bounds.fit(room - len(titles[place]), query.stride)
            excerpts += _excerpts(document, place, self._tokenizer.tokens(document.text), size, stride)
        if len(excerpts) > bounds.windows:
            texts = [excerpt.text for excerpt in excerpts]
            best = Relevance(query.question, texts).best(texts, bounds.windows)
            excerpts = [excerpts[index] for index in best]
        return _Windows(frame, titles, excerpts, info.vocab_size)

    def _title(self, document: Document, room: int) -> list[int]:
        """Its tokens. Raises PromptTooLong if it leaves no room for the text."""
        tokens = self._tokenizer.tokens(f"{document.title}\n\n").ids if document.title else []
        if room - len(tokens) < LEAST_WINDOW:
            raise PromptTooLong(len(tokens), LEAST_WINDOW, room, param="documents")
        return tokens


class _Windows:
    """What is read: the rows of tokens, and what of each is a document's."""

    def __init__(self, frame: Frame, titles: list[list[int]], excerpts: list[Excerpt], vocab_size: int) -> None:
        self.excerpts = excerpts
        self.skipped = [len(frame.before.tokens) + len(titles[excerpt.place]) for excerpt in excerpts]
        self.rows: list[EncodedWindow] = [frame.around([*titles[excerpt.place], *excerpt.ids]) for excerpt in excerpts]
        highest = max((max(row.tokens) for row in self.rows), default=0)
        if highest >= vocab_size:
            raise UnknownToken(f"token {highest} of the text is not in the reader's vocabulary of {vocab_size} tokens")


class _Work:
    """One question in the reader, from when its answer is first awaited."""

    def __init__(self, client: ReaderClient, id: str, windows: _Windows, options: Options) -> None:
        self._client = client
        self._id = id
        self._rows = windows.rows
        self._options = options
        self._reading: Reading | None = None

    async def scores(self) -> list[WindowScores]:
        """Raises ProcessUnavailable."""
        self._reading = self._client.read(
            self._id, self._rows, priority=self._options.priority, tenant=self._options.tenant
        )
        return await self._reading.scores()

    @property
    def usage(self) -> Usage:
        return Usage(sum(len(row.tokens) for row in self._rows), 0, 0)

    @property
    def timings(self) -> Timings:
        reading = self._reading
        if reading is None:
            return Timings(0.0, None, 0.0)
        total = reading.total_seconds
        return Timings(reading.queue_seconds, None, time.monotonic() - reading.started if total is None else total)

    def close(self) -> None:
        if self._reading is not None:
            self._reading.close()


def _excerpts(document: Document, place: int, tokens: Tokens, size: int, stride: int) -> list[Excerpt]:
    """All windows of a document; none where it has no tokens."""
    count = len(tokens.ids)
    check_number(count, size, stride)
    if not count:
        return []
    starts = range(0, max(count - stride, 1), size - stride)
    return [Excerpt(document, place, tokens, first, min(first + size, count)) for first in starts]
