"""Prepares extractions: cuts documents into windows that fit next to the question, and writes a prompt for each."""

import asyncio
from dataclasses import replace

from model_store.types import NoAnswer
from service.errors import InvalidOption, PromptTooLong
from service.tasks.answering.documents.windows import (
    MIN_WINDOW_TOKENS,
    Window,
    WindowLimits,
    check_window_count,
    split_into_windows,
)
from service.tasks.answering.extraction.beginnings import WindowPrompt
from service.tasks.answering.extraction.extraction import Extraction
from service.tasks.answering.extraction.ranking import Ranking
from service.tasks.answering.extraction.vocabulary import Vocabulary
from service.tasks.answering.prompts import AnswerPrompt, extraction_prompt
from service.tasks.answering.query import Query
from service.tasks.answering.retrieval.choice import ChosenPassages, choose_passages
from service.tasks.answering.run import AnswerSteps, PreparedAnswer
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY, Options
from service.tasks.text.prompt_texts import text_offsets

JOIN_TOKENS = 16  # a text may take this many more tokens inside its prompt than alone
PASSAGES = 8  # that are read, if the client sets no number
_MIN_BEAM = 8  # beginnings of spans of the most relevant window, more if the client asks for more answers


class Extractor:
    """Prepares extractions by one model. ``style`` is its prompt style: auto, chat or base."""

    def __init__(
        self,
        generator: Generator,
        *,
        style: str = "auto",
        calibration: NoAnswer | None = None,
        limits: WindowLimits | None = None,
    ) -> None:
        self._generator = generator
        self._style = style
        self._calibration = calibration or NoAnswer()
        self._limits = limits or WindowLimits()
        self._vocabulary: Vocabulary | None = None
        self._building = asyncio.Lock()

    async def prepare(self, query: Query, options: Options, request_id: str) -> PreparedAnswer:
        """Tokenize a question and its documents.

        Raises PromptTooLong ("question") and InvalidOption ("documents", "stride", "retrieval").
        """
        max_tokens = min(query.max_characters, options.max_tokens or query.max_characters)
        room = await self.room(extraction_prompt(query.question, ""), max_tokens)
        extraction = await self.extraction(query, options, await self.windows(query, room), max_tokens)

        def begin() -> tuple[CompletionSequence, AnswerSteps]:
            sequence = CompletionSequence(self._generator, request_id)
            return sequence, extraction.steps(sequence, query.top_k, query.no_answer_threshold)

        return PreparedAnswer(extraction.cost, begin)

    async def room(self, prompt: AnswerPrompt, max_tokens: int) -> int:
        """Tokens of documents that fit between a prompt without texts and ``max_tokens`` of output.

        Raises PromptTooLong ("question") if they are too few for a window.
        """
        tokens = await prompt.encode(self._generator.tokenizer, style=self._style)
        limit = self._generator.max_tokens
        room = limit - len(tokens) - max_tokens - JOIN_TOKENS
        if room < MIN_WINDOW_TOKENS:
            raise PromptTooLong(len(tokens), max_tokens + JOIN_TOKENS + MIN_WINDOW_TOKENS, limit, param="question")
        return room

    async def windows(self, query: Query, room: int) -> ChosenPassages[Window]:
        """The windows of the documents that are read.

        ``room`` is the tokens that a window and its document's title may have together. Raises InvalidOption
        ("documents", "stride", "retrieval").
        """
        windows = await asyncio.to_thread(self._all_windows, query, room)
        return await choose_passages(query, windows, self._limits, lambda window: window.titled_text, usual=PASSAGES)

    def _all_windows(self, query: Query, room: int) -> list[Window]:
        tokenizer = self._generator.tokenizer
        room -= max(len(tokenizer.encode(document.title)) for document in query.documents)
        if room < MIN_WINDOW_TOKENS:
            raise InvalidOption("the documents' titles leave no room for their texts", param="documents")
        size, stride = self._limits.size_and_stride(room, query.stride)
        windows: list[Window] = []
        for document in query.documents:
            offsets = text_offsets(tokenizer, document.text)
            check_window_count(len(offsets), size, stride)
            windows += split_into_windows(document, offsets, size=size, stride=stride)
        return windows

    async def extraction(
        self, query: Query, options: Options, chosen: ChosenPassages[Window], max_tokens: int
    ) -> Extraction:
        """The extraction of a span of up to ``max_tokens`` tokens from the windows."""
        prompts = []
        for window, rank in zip(chosen.passages, chosen.ranks, strict=True):
            prompt = extraction_prompt(query.question, window.titled_text)
            tokens = await prompt.encode(self._generator.tokenizer, style=self._style)
            prompts.append(WindowPrompt(window, tuple(tokens), rank))
        return Extraction(
            self._generator,
            await self._get_vocabulary(),
            prompts,
            await asyncio.to_thread(Ranking, query.question, chosen.passages, self._calibration, chosen.ranks),
            replace(GREEDY, priority=options.priority, cache_salt=options.cache_salt, tenant=options.tenant),
            max_characters=query.max_characters,
            max_tokens=max_tokens,
            beam=max(_MIN_BEAM, query.top_k),
        )

    async def _get_vocabulary(self) -> Vocabulary:
        """The vocabulary by bytes, which is built when it is first needed."""
        async with self._building:
            if self._vocabulary is None:
                generator = self._generator
                one_line = bool(extraction_prompt("", "").stop(generator.tokenizer, style=self._style))
                size = generator.client.info.vocab_size
                self._vocabulary = await asyncio.to_thread(Vocabulary, generator.tokenizer, size, one_line=one_line)
            return self._vocabulary
