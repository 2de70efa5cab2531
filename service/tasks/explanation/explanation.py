"""An explanation: its parts, and how the outputs of the engine become them."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from service.engine.protocol.outputs import TokenLogprob
from service.tasks.generation.choice import Choice, raise_if_failed
from service.tasks.generation.completion import Completion
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """A token, and the part of the text that it stands for, in characters."""

    id: int
    start: int
    end: int

    @property
    def is_text(self) -> bool:
        """Whether the token stands for a part of the text, and was not added by the tokenizer."""
        return self.start < self.end


@dataclass(frozen=True, slots=True)
class Attribution:
    """The log probability of ``token``, and what it is ``without`` each of some tokens before it, by their indices."""

    token: int
    logprob: float
    without: dict[int, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The tokens of a text, the log probability of each (None: the first token has none), and an attribution."""

    spans: Sequence[TokenSpan]
    logprobs: Sequence[TokenLogprob | None]
    attribution: Attribution | None


@dataclass(frozen=True, slots=True)
class PreparedExplanation:
    """Tokenized and checked, but not in the engine yet.

    The first request is for the log probabilities of the text. The others generate ``token`` without one of the tokens
    ``left_out`` each.
    """

    generator: Generator
    requests: Sequence[GenerationRequest]
    id: str
    spans: Sequence[TokenSpan]
    token: int | None
    left_out: Sequence[int]

    @property
    def cost(self) -> Cost:
        """The cost of all requests at once."""
        return Cost.from_requests(self.requests)

    async def start(self) -> "RunningExplanation":
        """Queue the requests. Raises ProcessUnavailable or RequestTooLarge."""
        return RunningExplanation(self.generator.start(self.requests, self.id), self)


class RunningExplanation:
    """An explanation that is being computed, and a context manager: leaving it aborts what is unfinished."""

    def __init__(self, completion: Completion, prepared: PreparedExplanation) -> None:
        self.completion = completion
        self._prepared = prepared

    @property
    def usage(self) -> Usage:
        """The tokens used so far."""
        return self.completion.usage

    @property
    def timings(self) -> Timings:
        """The seconds so far."""
        return self.completion.timings

    async def result(self) -> Explanation:
        """Wait for the explanation. Raises ProcessError."""
        [whole], *others = await self.completion.collect()
        for [choice] in ([whole], *others):
            raise_if_failed(choice)
        logprobs = whole.prompt_logprobs
        return Explanation(self._prepared.spans, logprobs, self._attribution(logprobs, [each for [each] in others]))

    def _attribution(self, logprobs: Sequence[TokenLogprob | None], without: list[Choice]) -> Attribution | None:
        token = self._prepared.token
        if token is None or (known := logprobs[token]) is None:
            return None
        logprobs_without = {
            place: output.logprob.logprob
            for place, choice in zip(self._prepared.left_out, without, strict=True)
            for output in choice.tokens
            if output.logprob is not None
        }
        return Attribution(token, known.logprob, logprobs_without)

    def __enter__(self) -> Self:
        self.completion.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.completion.__exit__(kind, exc, tb)
