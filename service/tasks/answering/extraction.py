"""Answers that stand in the documents: the model chooses among their spans and among nothing else.

Two rounds in the shared batch. In the first, every window of the documents is asked for the probabilities of all first
tokens that a span of it may begin with, and of an end without a beginning: no answer. In the second, the likeliest
beginnings of all windows are continued, bound to what continues a span. Wherever a continuation may end, the span up to
there is a candidate.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.engine.protocol.token_graph import TokenGraph
from service.engine.protocol.types import TokenLogprob
from service.tasks.answering.ranking import Candidate, Ranking
from service.tasks.answering.relevance import sentence_bounds
from service.tasks.answering.result import Answer, Span
from service.tasks.answering.spans import Passage, Place
from service.tasks.answering.vocabulary import Vocabulary
from service.tasks.answering.windows import Window
from service.tasks.generation.choice import Choice
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator, Options
from service.tasks.generation.request import GenerationRequest

_ALTERNATIVES = 8  # tokens looked at beside each chosen one, to see whether the span could have ended there
IMPOSSIBLE = -99.0  # log probability


@dataclass(frozen=True, slots=True)
class Reading:
    """A window and the prompt that asks about it."""

    window: Window
    prompt: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Opening:
    """A way to begin: the first token, where in the passage it may stand, and its log probability."""

    reading: Reading
    passage: Passage
    token: int
    places: Sequence[Place]
    logprob: float


class Extraction:
    """One question, asked of all windows. ``beam`` beginnings are followed."""

    def __init__(
        self,
        generator: Generator,
        vocabulary: Vocabulary,
        readings: Sequence[Reading],
        ranking: Ranking,
        options: Options,
        *,
        longest: int,
        most_tokens: int,
        beam: int,
    ) -> None:
        self._generator = generator
        self._vocabulary = vocabulary
        self._readings = readings
        self._ranking = ranking
        self._options = options.with_values(stop_token_ids=vocabulary.stop)
        self._stop = frozenset(vocabulary.stop)
        self._most_tokens = most_tokens
        self._longest = longest
        self._beam = beam

    @property
    def cost(self) -> Cost:
        """What it has in the engine at once, at most."""
        sequences = max(len(self._readings), self._beam)
        longest = max(len(reading.prompt) for reading in self._readings)
        return Cost(sequences, sequences * (longest + self._most_tokens))

    async def work(
        self, rounds: CompletionSequence, top_k: int, threshold: float | None
    ) -> AsyncGenerator[str | Answer, None]:
        """The answer's text, then the answer."""
        answer = await self.find(rounds, top_k, threshold)
        yield answer.text
        yield answer

    async def find(self, rounds: CompletionSequence, top_k: int, threshold: float | None) -> Answer:
        """The same at once."""
        openings, none = await self._open(rounds)
        candidates = await self._follow(rounds, openings)
        return self._ranking.answer(candidates, none, top_k=top_k, threshold=threshold)

    def windows_of(self, spans: Sequence[Span]) -> list[Window]:
        """The windows that hold the spans, in their order in the documents."""
        windows = [reading.window for reading in self._readings]
        found = {next(number for number, each in enumerate(windows) if each.holds(span)) for span in spans}
        return [windows[number] for number in sorted(found)]

    def sentence_of(self, span: Span) -> Span:
        """What one quotes to show where a span stands."""
        (window,) = self.windows_of([span])
        start, end = sentence_bounds(window.text, span.start - window.start, span.end - window.start)
        return window.span(start, end, score=1.0)

    async def _open(self, rounds: CompletionSequence) -> tuple[list[_Opening], float]:
        """The likeliest beginnings of all windows, and the least log probability of no answer in any of them."""
        passages = await asyncio.to_thread(self._passages)
        requests = [
            self._request(
                reading.prompt, _firsts(passage), max_tokens=1, logprobs=len(passage.openings) + len(self._stop)
            )
            for reading, passage in zip(self._readings, passages, strict=True)
        ]
        openings: list[_Opening] = []
        none = 0.0
        for reading, passage, choice in zip(self._readings, passages, await rounds.choices(requests), strict=True):
            likely = _likely(choice.tokens[0].logprob)
            none = min(none, self._end(likely))
            openings += (
                _Opening(reading, passage, token, places, likely[token])
                for token, places in passage.openings.items()
                if token in likely
            )
        return sorted(openings, key=lambda opening: -opening.logprob)[: self._beam], none

    async def _follow(self, rounds: CompletionSequence, openings: Sequence[_Opening]) -> list[Candidate]:
        graphs = await asyncio.to_thread(lambda: [each.passage.continuations(each.places) for each in openings])
        requests = [
            self._request(
                (*each.reading.prompt, each.token), graph, max_tokens=self._most_tokens, logprobs=_ALTERNATIVES
            )
            for each, graph in zip(openings, graphs, strict=True)
        ]
        choices = await rounds.choices(requests)
        return [
            candidate
            for opening, choice in zip(openings, choices, strict=True)
            for candidate in self._candidates(opening, choice)
        ]

    def _candidates(self, opening: _Opening, choice: Choice) -> Iterator[Candidate]:
        """Every span on the way of a continuation that might have ended there."""
        tail = b""
        logprob = opening.logprob
        for count, output in enumerate(choice.tokens, start=1):
            likely = _likely(output.logprob)
            places = opening.passage.spans(opening.places, tail)
            end = self._end(likely)
            if places and end > IMPOSSIBLE:
                yield Candidate(opening.reading.window, tuple(places), logprob + end, count)
            if output.token is None or output.token in self._stop:
                return
            tail += self._generator.tokenizer.token_bytes(output.token)
            logprob += likely[output.token]

    def _passages(self) -> list[Passage]:
        return [Passage(each.window.text, self._vocabulary, longest=self._longest) for each in self._readings]

    def _request(
        self, prompt: tuple[int, ...], graph: TokenGraph, *, max_tokens: int, logprobs: int
    ) -> GenerationRequest:
        options = self._options.with_values(max_tokens=max_tokens, logprobs=logprobs, constraint=graph)
        return self._generator.from_tokens(prompt, options, param="question")

    def _end(self, likely: Mapping[int, float]) -> float:
        """The log probability of an end."""
        return max((likely[token] for token in self._stop if token in likely), default=IMPOSSIBLE)


def _firsts(passage: Passage) -> TokenGraph:
    """One token that opens a span, or the end."""
    return TokenGraph((tuple((token, 1) for token in passage.openings), ()), (0,), (0, 1))


def _likely(logprob: TokenLogprob | None) -> dict[int, float]:
    """The log probabilities that are known."""
    assert logprob is not None  # they were asked for
    return {**dict(logprob.top), logprob.token: logprob.logprob}
