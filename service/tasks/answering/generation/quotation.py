"""Answers in the model's own words that rest on a quotation.

A span is extracted first, which gives the probability of no answer, and the sentence around the span becomes the
quotation at the start of the model's text. The model continues from there: with further quotations, which count only
if they occur word for word in the documents, and with the answer.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from service.tasks.answering.documents.relevance import Relevance
from service.tasks.answering.documents.sentences import sentence
from service.tasks.answering.documents.terms import stems
from service.tasks.answering.documents.windows import Window
from service.tasks.answering.extraction.extraction import Extraction
from service.tasks.answering.generation.trimmed_text import TrimmedText
from service.tasks.answering.prompts import QuotingPrompt
from service.tasks.answering.result import AnswerSpan
from service.tasks.answering.run import AnswerSteps
from service.tasks.generation.choice import raise_if_failed
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.request import GenerationRequest

_SPANS = 4  # best spans, whose windows the model reads
_QUOTATION_MARKS = "\"'“”‘’«»„「」『』《》"


@dataclass(frozen=True, slots=True)
class QuotedRequest:
    """A request whose prompt ends in a quotation, and the windows that the prompt holds."""

    request: GenerationRequest
    prompt: QuotingPrompt
    windows: Sequence[Window]


# Makes the request from the best spans, best first, and the quotation.
MakeRequest = Callable[[Sequence[AnswerSpan], str], Awaitable[QuotedRequest]]


class Quotation:
    """Quotes from the documents, and then answers one question."""

    def __init__(self, extraction: Extraction, relevance: Relevance, make_request: MakeRequest) -> None:
        self._extraction = extraction
        self._relevance = relevance
        self._make_request = make_request

    async def steps(self, sequence: CompletionSequence, threshold: float | None) -> AnswerSteps:
        """Citations, pieces of the answer's text, then the answer. If nothing is extracted, nothing is generated.

        The first citation, on which the answer rests, comes before the model writes a word.
        """
        extracted = await self._extraction.find(sequence, _SPANS, threshold)
        answer = replace(extracted, text="", mode="generative", spans=(), score=None)
        if extracted.no_answer:
            yield answer
            return
        source = self._extraction.sentence_around(extracted.spans[0])
        yield source
        cited = {source}  # the citations that were yielded
        quoted = await self._make_request(extracted.spans, source.text)
        quotations = ""  # the model's text before the answer
        text = TrimmedText()
        spans: tuple[AnswerSpan, ...] | None = None  # None while the model still quotes
        dropped = 0
        finish = "stop"
        while True:
            with sequence.start([quoted.request]) as completion:
                async for delta in completion:
                    raise_if_failed(delta)
                    finish = str(delta.finish or finish)
                    piece = delta.text
                    if spans is None:
                        quotations += piece
                        before, label, piece = quotations.partition(quoted.prompt.answer_label)
                        if not label and "\n" not in delta.text:
                            continue  # no further line is whole
                        whole = before if label else before[: before.rfind("\n") + 1]
                        found, dropped = self._cited_spans(source, quoted, whole)
                        for span in _added(found, cited):
                            yield span
                        if not label:
                            continue
                        spans = found
                    yield text.add(piece)
            if spans is not None:
                break
            # The model has only quoted, so a second prompt ends with the label of the answer.
            spans, dropped = self._cited_spans(source, quoted, quotations)
            for span in _added(spans, cited):
                yield span
            quoted = await self._make_request(extracted.spans, source.text + quoted.prompt.answer_label)
        if not text.text:
            yield text.add(extracted.text)
        yield replace(answer, text=text.text, spans=spans, dropped_citations=dropped, finish_reason=finish)

    def _cited_spans(
        self, source: AnswerSpan, quoted: QuotedRequest, quotations: str
    ) -> tuple[tuple[AnswerSpan, ...], int]:
        """The spans that the model quotes, the source first, and how many quotations are in no document.

        Each line of ``quotations`` is one quotation.
        """
        lines = [line.removeprefix(quoted.prompt.quote_label) for line in quotations.splitlines()]
        lines = [line.strip().strip(_QUOTATION_MARKS).strip() for line in lines]
        quotes = dict.fromkeys(line for line in lines if stems(line))
        cited = [span for quote in quotes if (span := self._find(quoted.windows, quote))]
        return tuple(dict.fromkeys([source, *cited])), len(quotes) - len(cited)

    def _find(self, windows: Sequence[Window], quote: str) -> AnswerSpan | None:
        """The first of the quotation's places whose sentences are most relevant to the question."""
        best: tuple[float, AnswerSpan] | None = None
        for window in windows:
            start = window.text.find(quote)
            while start >= 0:
                end = start + len(quote)
                score = self._relevance.score(sentence(window.text, start, end))
                if best is None or score > best[0]:
                    best = score, window.span(start, end, score=1.0)
                start = window.text.find(quote, end)
        return best and best[1]


def _added(spans: Sequence[AnswerSpan], cited: set[AnswerSpan]) -> list[AnswerSpan]:
    """The spans that were not in ``cited`` yet, to which they are added."""
    new = [span for span in spans if span not in cited]
    cited.update(new)
    return new
