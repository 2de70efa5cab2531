"""Extractive answers: the model chooses among the spans of the documents and can say nothing else.

The extraction takes two completions. In the first, every window of the documents is asked for the log probabilities of
all tokens that can begin a span of it, and of ending at once, which means no answer. In the second, the likeliest first
tokens of each window are continued under a constraint that allows only spans, and most of the most relevant one.
Wherever a continuation may end, the span up to there is a candidate.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from service.engine.protocol.outputs import TokenLogprob
from service.engine.protocol.token_graph import TokenGraph
from service.tasks.answering.documents.sentences import sentence_bounds
from service.tasks.answering.documents.windows import Window
from service.tasks.answering.extraction.beginnings import Beginning, WindowPrompt, choose_beginnings
from service.tasks.answering.extraction.passage import Passage
from service.tasks.answering.extraction.ranking import Ranking, SpanCandidate
from service.tasks.answering.extraction.vocabulary import Vocabulary
from service.tasks.answering.result import Answer, AnswerSpan
from service.tasks.answering.run import AnswerSteps
from service.tasks.generation.choice import Choice
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from service.traces.span import traced

_ALTERNATIVES = 8  # likeliest tokens at each place, which show whether the span may end there
IMPOSSIBLE = -99.0  # log probability


class Extraction:
    """One question to all windows, ``beam`` beginnings of the most relevant one, and some of each other one."""

    def __init__(
        self,
        generator: Generator,
        vocabulary: Vocabulary,
        prompts: Sequence[WindowPrompt],
        ranking: Ranking,
        options: Options,
        *,
        max_characters: int,
        max_tokens: int,
        beam: int,
    ) -> None:
        self._generator = generator
        self._vocabulary = vocabulary
        self._prompts = prompts
        self._ranking = ranking
        self._options = options.with_values(stop_token_ids=vocabulary.stop)
        self._stop = frozenset(vocabulary.stop)
        self._max_characters = max_characters
        self._max_tokens = max_tokens
        self._beam = beam

    @property
    def cost(self) -> Cost:
        """The most that the extraction has in the engine at once."""
        sequences = sum(prompt.places(self._beam) for prompt in self._prompts)
        longest = max(len(prompt.tokens) for prompt in self._prompts)
        return Cost(sequences, sequences * (longest + self._max_tokens))

    async def steps(self, sequence: CompletionSequence, top_k: int, threshold: float | None) -> AnswerSteps:
        """The answer's text, then the answer, as an AnswerRun takes them."""
        answer = await self.find(sequence, top_k, threshold)
        yield answer.text
        yield answer

    async def find(self, sequence: CompletionSequence, top_k: int, threshold: float | None) -> Answer:
        """The answer. Raises ProcessError if a completion fails, and what ``Generator.start`` raises."""
        with traced("extraction", {"trivium.passages": len(self._prompts)}):
            beginnings, no_answer_logprob = await self._begin(sequence)
            candidates = await self._continue(sequence, beginnings)
        return self._ranking.answer(candidates, no_answer_logprob, top_k=top_k, threshold=threshold)

    def windows_with(self, spans: Sequence[AnswerSpan]) -> list[Window]:
        """The windows that contain the spans, in their order in the documents."""
        windows = [prompt.window for prompt in self._prompts]
        indices = {next(index for index, window in enumerate(windows) if window.contains(span)) for span in spans}
        return [windows[index] for index in sorted(indices)]

    def sentence_around(self, span: AnswerSpan) -> AnswerSpan:
        """The sentence of the document that contains the span."""
        (window,) = self.windows_with([span])
        start, end = sentence_bounds(window.text, span.start - window.start, span.end - window.start)
        return window.span(start, end, score=1.0)

    async def _begin(self, sequence: CompletionSequence) -> tuple[list[Beginning], float]:
        """The beginnings that are continued, and the lowest log probability of no answer in any window."""
        passages = await asyncio.to_thread(self._passages)
        requests = [
            self._request(
                prompt.tokens,
                _first_token_graph(passage),
                max_tokens=1,
                logprobs=len(passage.first_tokens) + len(self._stop),
            )
            for prompt, passage in zip(self._prompts, passages, strict=True)
        ]
        choices = await sequence.first_choices(requests)
        of_windows: list[list[Beginning]] = []
        no_answer_logprob = 0.0
        for prompt, passage, choice in zip(self._prompts, passages, choices, strict=True):
            logprobs = _logprobs(choice.tokens[0].logprob)
            no_answer_logprob = min(no_answer_logprob, self._end_logprob(logprobs))
            of_windows.append(
                [
                    Beginning(prompt, passage, token, partials, logprobs[token])
                    for token, partials in passage.first_tokens.items()
                    if token in logprobs
                ]
            )
        return list(choose_beginnings(of_windows, self._beam)), no_answer_logprob

    async def _continue(self, sequence: CompletionSequence, beginnings: Sequence[Beginning]) -> list[SpanCandidate]:
        graphs = await asyncio.to_thread(lambda: [each.passage.continuations(each.partials) for each in beginnings])
        requests = [
            self._request((*each.prompt.tokens, each.token), graph, max_tokens=self._max_tokens, logprobs=_ALTERNATIVES)
            for each, graph in zip(beginnings, graphs, strict=True)
        ]
        choices = await sequence.first_choices(requests)
        return [
            candidate
            for beginning, choice in zip(beginnings, choices, strict=True)
            for candidate in self._candidates(beginning, choice)
        ]

    def _candidates(self, beginning: Beginning, choice: Choice) -> Iterator[SpanCandidate]:
        """Every span that the continuation passes and at which the model might have ended."""
        continuation = b""
        logprob = beginning.logprob
        for count, output in enumerate(choice.tokens, start=1):
            logprobs = _logprobs(output.logprob)
            places = beginning.passage.spans(beginning.partials, continuation)
            end = self._end_logprob(logprobs)
            if places and end > IMPOSSIBLE:
                yield SpanCandidate(beginning.prompt.window, tuple(places), logprob + end, count)
            if output.token is None or output.token in self._stop:
                return
            continuation += self._generator.tokenizer.token_bytes(output.token)
            logprob += logprobs[output.token]

    def _passages(self) -> list[Passage]:
        return [
            Passage(prompt.window.text, self._vocabulary, max_characters=self._max_characters)
            for prompt in self._prompts
        ]

    def _request(
        self, tokens: tuple[int, ...], graph: TokenGraph, *, max_tokens: int, logprobs: int
    ) -> GenerationRequest:
        options = self._options.with_values(max_tokens=max_tokens, logprobs=logprobs, constraint=graph)
        return self._generator.from_tokens(tokens, options, param="question")

    def _end_logprob(self, logprobs: Mapping[int, float]) -> float:
        """The log probability of the likeliest token that ends a span."""
        return max((logprobs[token] for token in self._stop if token in logprobs), default=IMPOSSIBLE)


def _first_token_graph(passage: Passage) -> TokenGraph:
    """A graph that allows one token that begins a span, or the end."""
    return TokenGraph((tuple((token, 1) for token in passage.first_tokens), ()), (0,), (0, 1))


def _logprobs(logprob: TokenLogprob | None) -> dict[int, float]:
    """The log probabilities in one output, by token."""
    assert logprob is not None  # every request of an extraction asks for them
    return {**dict(logprob.top), logprob.token: logprob.logprob}
