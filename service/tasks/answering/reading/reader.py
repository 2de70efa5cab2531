"""Extractive answers from the reader: all windows of the documents are scored in one request."""

import asyncio
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_store.types import NoAnswer
from service.encoder.client import EncoderClient
from service.encoder.in_flight_encoding import InFlightEncoding
from service.encoder.messages import EncoderInput
from service.errors import PromptTooLong, UnknownToken
from service.tasks.answering.documents.windows import (
    MIN_WINDOW_TOKENS,
    WindowLimits,
    check_window_count,
    window_starts,
)
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.answering.reading.excerpt import Excerpt
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer, QuestionFrame
from service.tasks.answering.reading.span_scores import SpanCriteria, answer_from_scores
from service.tasks.answering.retrieval.choice import choose_passages
from service.tasks.answering.run import AnswerSteps, PreparedAnswer
from service.tasks.encoding.tokenizer import TextTokens
from service.tasks.generation.cost import Cost
from service.tasks.generation.options import Options
from service.tasks.generation.usage import Timings, Usage
from service.traces.span import traced


class Reader:
    """Extracts answers with the reader process. Its tokenizer runs in the API process."""

    def __init__(self, client: EncoderClient, tokenizer: PairTokenizer, *, calibration: NoAnswer | None = None) -> None:
        self.client = client
        self._tokenizer = tokenizer
        self._calibration = calibration or NoAnswer()

    async def prepare(self, query: Query, options: Options, limits: WindowLimits, request_id: str) -> PreparedAnswer:
        """Tokenize a question and its documents. A title is read with every window of its document, but never answers.

        Raises PromptTooLong ("question", "documents"), InvalidOption ("stride", "retrieval"), InvalidPrompt,
        ProcessUnavailable.
        """
        frame, titles, excerpts = await asyncio.to_thread(self._excerpts, query, limits)
        chosen = await choose_passages(query, excerpts, limits, _titled_text, usual=limits.max_windows)
        rows = await asyncio.to_thread(_Rows, frame, titles, chosen.passages, self.client.info.vocab_size)
        criteria = SpanCriteria(
            top_k=query.top_k,
            max_characters=query.max_characters,
            max_tokens=options.max_tokens or query.max_characters,
            threshold=query.no_answer_threshold,
        )

        def begin() -> tuple[_ReaderWork, AnswerSteps]:
            work = _ReaderWork(self.client, request_id, rows.windows, options)
            return work, self._steps(work, rows, criteria)

        return PreparedAnswer(Cost(len(rows.windows), _num_tokens(rows.windows)), begin)

    async def _steps(self, work: "_ReaderWork", rows: "_Rows", criteria: SpanCriteria) -> AnswerSteps:
        with traced("reading", {"trivium.passages": len(rows.windows)}):
            scores = await work.scores()
            answer = await asyncio.to_thread(
                answer_from_scores, rows.excerpts, rows.skipped, scores, criteria, self._calibration
            )
        yield answer.text
        yield answer

    def _excerpts(self, query: Query, limits: WindowLimits) -> tuple[QuestionFrame, list[list[int]], list[Excerpt]]:
        """The question's frame, the tokens of the documents' titles, and all excerpts of the documents."""
        frame = self._tokenizer.frame(query.question)
        info = self.client.info
        room = info.max_tokens - len(frame)
        if room < MIN_WINDOW_TOKENS:
            raise PromptTooLong(len(frame), MIN_WINDOW_TOKENS, info.max_tokens, param="question")
        titles: list[list[int]] = []
        excerpts: list[Excerpt] = []
        for index, document in enumerate(query.documents):
            titles.append(self._title(document, room))
            size, stride = limits.size_and_stride(room - len(titles[index]), query.stride)
            excerpts += _excerpts(document, index, self._tokenizer.tokens(document.text), size, stride)
        return frame, titles, excerpts

    def _title(self, document: ContextDocument, room: int) -> list[int]:
        """The tokens of a document's title. Raises PromptTooLong if they leave no room for the text."""
        tokens = self._tokenizer.tokens(f"{document.title}\n\n").ids if document.title else []
        if room - len(tokens) < MIN_WINDOW_TOKENS:
            raise PromptTooLong(len(tokens), MIN_WINDOW_TOKENS, room, param="documents")
        return tokens


class _Rows:
    """The excerpts of a question's documents, and the rows of tokens in which the reader gets them.

    ``skipped`` has for each excerpt the number of tokens before it in its row: those of the question and of the title.
    """

    def __init__(
        self, frame: QuestionFrame, titles: list[list[int]], excerpts: Sequence[Excerpt], vocab_size: int
    ) -> None:
        """Raises UnknownToken if a token is not in the reader's vocabulary."""
        self.excerpts = excerpts
        self.skipped = [frame.before + len(titles[each.document_index]) for each in excerpts]
        self.windows: list[EncoderInput] = [frame.row([*titles[each.document_index], *each.ids]) for each in excerpts]
        highest = max((max(window.tokens) for window in self.windows), default=0)
        if highest >= vocab_size:
            raise UnknownToken(f"token {highest} of the text is not in the reader's vocabulary of {vocab_size} tokens")


class _ReaderWork:
    """One request to the reader, which is sent when its scores are awaited."""

    def __init__(self, client: EncoderClient, id: str, windows: list[EncoderInput], options: Options) -> None:
        self._client = client
        self._id = id
        self._windows = windows
        self._options = options
        self._reading: InFlightEncoding | None = None

    async def scores(self) -> list[NDArray[np.float32]]:
        """The scores of all windows, in their order, each [2, tokens]. Raises ProcessUnavailable."""
        self._reading = self._client.encode(
            self._id, self._windows, priority=self._options.priority, tenant=self._options.tenant
        )
        return await self._reading.outputs()

    @property
    def usage(self) -> Usage:
        return Usage(_num_tokens(self._windows), 0, 0)

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


def _num_tokens(windows: list[EncoderInput]) -> int:
    return sum(len(window.tokens) for window in windows)


def _titled_text(excerpt: Excerpt) -> str:
    """The excerpt's text, below its document's title if it has one."""
    return f"{excerpt.document.title}\n\n{excerpt.text}" if excerpt.document.title else excerpt.text


def _excerpts(document: ContextDocument, index: int, tokens: TextTokens, size: int, stride: int) -> list[Excerpt]:
    """The excerpts of a document, of up to ``size`` tokens; none if it has no tokens.

    Raises InvalidOption ("stride") if there would be too many.
    """
    count = len(tokens.ids)
    check_window_count(count, size, stride)
    if not count:
        return []
    starts = window_starts(count, size, stride)
    return [Excerpt(document, index, tokens, first, min(first + size, count)) for first in starts]
