"""Answers in the model's own words that stand on a quotation: first the model quotes, then it answers.

The quotation is looked for in the documents before anything of the answer is told. Without one that stands there
literally, there is no answer.
"""

from collections.abc import AsyncGenerator, Sequence

from service.tasks.answering.prompts import Citing
from service.tasks.answering.relevance import Relevance, sentence, terms
from service.tasks.answering.result import Answer, Span
from service.tasks.answering.windows import Window
from service.tasks.choice import CompletionRequest
from service.tasks.rounds import Rounds, check

_MARKS = "\"'“”‘’«»„「」『』《》"  # what people put around a quotation


class Quotation:
    """One question, asked of some windows at once. Its request goes on behind the mark of the quotation."""

    sequences = 1

    def __init__(
        self, request: CompletionRequest, windows: Sequence[Window], relevance: Relevance, citing: Citing
    ) -> None:
        self._request = request
        self._windows = windows
        self._relevance = relevance
        self._citing = citing

    async def work(self, rounds: Rounds) -> AsyncGenerator[str | Answer, None]:
        """Pieces of the answer's text, then the answer. Ends early if the quotation is nowhere to be found."""
        head, text, space = "", "", ""
        spans: tuple[Span, ...] | None = None  # None: the quotation is not over
        dropped = 0
        finish = "stop"
        with rounds.start([self._request]) as completion:
            async for delta in completion:
                check(delta)
                finish = str(delta.finish or finish)
                piece = delta.text
                if spans is None:
                    head += piece
                    quoted, mark, piece = head.partition(self._citing.answer)
                    if not mark and delta.finish is None:
                        continue
                    spans, dropped = self._cite(quoted)
                    if not spans or not mark:
                        break
                body = (space + piece).lstrip() if not text else space + piece
                space = body[len(body.rstrip()) :]
                body = body.rstrip()
                text += body
                yield body
        no_answer = not text
        yield Answer(
            text=text,
            mode="generative",
            spans=() if no_answer else spans or (),
            no_answer=no_answer,
            dropped_citations=dropped,
            finish_reason=finish,
        )

    def _cite(self, quoted: str) -> tuple[tuple[Span, ...], int]:
        """Where the quotations stand, each line one of them, and how many stand nowhere."""
        lines = [line.removeprefix(self._citing.quote).strip().strip(_MARKS).strip() for line in quoted.splitlines()]
        quotes = dict.fromkeys(line for line in lines if terms(line))
        found = [span for quote in quotes if (span := self._find(quote))]
        return tuple(found), len(quotes) - len(found)

    def _find(self, quote: str) -> Span | None:
        """The place whose neighbourhood has most of the question, the first of equals."""
        best: tuple[float, Span] | None = None
        for window in self._windows:
            at = window.text.find(quote)
            while at >= 0:
                worth = self._relevance.of(sentence(window.text, at, at + len(quote)))
                if best is None or worth > best[0]:
                    start = window.start + at
                    end = start + len(quote)
                    best = worth, Span(text=quote, start=start, end=end, document=window.document.id, score=1.0)
                at = window.text.find(quote, at + len(quote))
        return best and best[1]
