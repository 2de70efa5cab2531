"""Answers in the model's own words that stand on a quotation.

A span is extracted first, so it is known how likely there is no answer, and the sentence around it is what the model is
made to quote. Then the model goes on: with further quotations, which count where they stand literally in the documents,
and with the answer.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from service.tasks.answering.extraction import Extraction
from service.tasks.answering.prompts import Citing
from service.tasks.answering.relevance import Relevance, sentence, terms
from service.tasks.answering.result import Answer, Span
from service.tasks.answering.windows import Window
from service.tasks.generation.choice import raise_if_failed
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.request import GenerationRequest

_SPANS = 4  # that say which windows are read
_MARKS = "\"'“”‘’«»„「」『』《》"  # what people put around a quotation


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that goes on behind a quotation, and the windows that its prompt holds."""

    request: GenerationRequest
    citing: Citing
    windows: Sequence[Window]


class Quotation:
    """One question. ``begin`` makes the request out of the best spans, best first, and a quotation."""

    def __init__(
        self,
        extraction: Extraction,
        relevance: Relevance,
        begin: Callable[[Sequence[Span], str], Awaitable[Begun]],
    ) -> None:
        self._extraction = extraction
        self._relevance = relevance
        self._begin = begin

    async def work(self, rounds: CompletionSequence, threshold: float | None) -> AsyncGenerator[str | Answer, None]:
        """Pieces of the answer's text, then the answer. Where nothing is extracted, nothing is written."""
        found = await self._extraction.find(rounds, _SPANS, threshold)
        answer = replace(found, text="", mode="generative", spans=(), score=None)
        if found.no_answer:
            yield answer
            return
        source = self._extraction.sentence_of(found.spans[0])
        begun = await self._begin(found.spans, source.text)
        head, text, space = "", "", ""
        spans: tuple[Span, ...] | None = None  # None: the quotations are not over
        dropped = 0
        finish = "stop"
        while True:
            with rounds.start([begun.request]) as completion:
                async for delta in completion:
                    raise_if_failed(delta)
                    finish = str(delta.finish or finish)
                    piece = delta.text
                    if spans is None:
                        head += piece
                        quoted, mark, piece = head.partition(begun.citing.answer)
                        if not mark:
                            continue
                        spans, dropped = self._cited(source, begun, quoted)
                    body = (space + piece).lstrip() if not text else space + piece
                    space = body[len(body.rstrip()) :]
                    body = body.rstrip()
                    text += body
                    yield body
            if spans is not None:
                break
            spans, dropped = self._cited(source, begun, head)  # it has only quoted, and is asked to answer now
            begun = await self._begin(found.spans, source.text + begun.citing.answer)
        if not text:
            text = found.text
            yield text
        yield replace(answer, text=text, spans=spans, dropped_citations=dropped, finish_reason=finish)

    def _cited(self, source: Span, begun: Begun, quoted: str) -> tuple[tuple[Span, ...], int]:
        """The source and where further quotations stand, each line one of them; and how many stand nowhere."""
        lines = [line.removeprefix(begun.citing.quote).strip().strip(_MARKS).strip() for line in quoted.splitlines()]
        quotes = dict.fromkeys(line for line in lines if terms(line))
        found = [span for quote in quotes if (span := self._find(begun.windows, quote))]
        return tuple(dict.fromkeys([source, *found])), len(quotes) - len(found)

    def _find(self, windows: Sequence[Window], quote: str) -> Span | None:
        """The place whose neighbourhood has most of the question, the first of equals."""
        best: tuple[float, Span] | None = None
        for window in windows:
            at = window.text.find(quote)
            while at >= 0:
                worth = self._relevance.of(sentence(window.text, at, at + len(quote)))
                if best is None or worth > best[0]:
                    best = worth, window.span(at, at + len(quote), score=1.0)
                at = window.text.find(quote, at + len(quote))
        return best and best[1]
