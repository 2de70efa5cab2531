"""Prepares generated answers from documents: windows are chosen so that the prompt of the quotation has room."""

from collections.abc import Sequence
from dataclasses import replace

from service.tasks.answering.documents.relevance import Relevance
from service.tasks.answering.extraction.extractor import JOIN_TOKENS, Extractor
from service.tasks.answering.generation.knowledge import MAX_OUTPUT_TOKENS
from service.tasks.answering.generation.quotation import Quotation, QuotedRequest
from service.tasks.answering.prompts import extraction_prompt, quoting_prompt
from service.tasks.answering.query import Query
from service.tasks.answering.result import AnswerSpan
from service.tasks.answering.run import AnswerSteps, PreparedAnswer
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options


class Quoter:
    """Prepares quotations. ``style`` is the model's prompt style: auto, chat or base."""

    def __init__(self, generator: Generator, extractor: Extractor, *, style: str = "auto") -> None:
        self._generator = generator
        self._extractor = extractor
        self._style = style

    async def prepare(self, query: Query, options: Options, request_id: str) -> PreparedAnswer:
        """Tokenize a question and its documents.

        Raises PromptTooLong ("question"), InvalidOption ("documents", "stride") and the errors of
        ``Generator.from_tokens``.
        """
        max_tokens = options.max_tokens or MAX_OUTPUT_TOKENS
        room = await self._extractor.room(quoting_prompt(query.question, []), max_tokens)
        room = (room - JOIN_TOKENS) // 2  # the prompt holds a window and its quotation
        room = min(room, await self._extractor.room(extraction_prompt(query.question, ""), query.max_characters))
        chosen = await self._extractor.windows(query, room)
        extraction = await self._extractor.extraction(query, options, chosen, query.max_characters)

        async def make_request(spans: Sequence[AnswerSpan], quote: str) -> QuotedRequest:
            for count in range(len(spans), 0, -1):  # the windows of as many spans as fit; one window always fits
                read = extraction.windows_with(spans[:count])
                prompt = quoting_prompt(query.question, [window.titled_text for window in read])
                prefix = f"{prompt.quote_label} {quote}"
                tokens = await prompt.encode(self._generator.tokenizer, style=self._style, answer_prefix=prefix)
                if len(tokens) + max_tokens <= self._generator.max_tokens:
                    break
            stop = prompt.stop(self._generator.tokenizer, style=self._style, several_lines=True)
            generated = replace(options, max_tokens=max_tokens, stop=(*options.stop, *stop))
            param = "documents" if query.documents[0].id else "context"
            return QuotedRequest(self._generator.from_tokens(tokens, generated, param=param), prompt, read)

        quotation = Quotation(extraction, Relevance.from_windows(query.question, chosen.passages), make_request)

        def begin() -> tuple[CompletionSequence, AnswerSteps]:
            sequence = CompletionSequence(self._generator, request_id)
            return sequence, quotation.steps(sequence, query.no_answer_threshold)

        return PreparedAnswer(replace(extraction.cost, tokens=extraction.cost.tokens + max_tokens), begin)
