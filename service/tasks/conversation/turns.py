"""The turns that answer a conversation: a completion, read as reasoning, text and calls."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import msgspec

from service.engine.protocol.outputs import FinishReason
from service.tasks.conversation.parsing.parser import TurnParser
from service.tasks.conversation.parsing.turn import Parts, Turn, TurnDelta
from service.tasks.generation.completion import Completion
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage
from service.tasks.text.tokenizer import Tokenizer

ParserMaker = Callable[[], TurnParser]


class Turns:
    """``n`` turns in progress. An async iterable of deltas, and a context manager as ``Completion`` is one.

    A turn ends where it repeats one of its calls.
    """

    def __init__(self, completion: Completion, new_parser: ParserMaker | None) -> None:
        """Without ``new_parser`` a turn is nothing but text."""
        self._completion = completion
        self._new_parser = new_parser
        self._parsers: dict[int, TurnParser] = {}  # by choice
        self._reasoning_tokens = 0

    async def __aiter__(self) -> AsyncIterator[TurnDelta]:
        async for delta in self._completion:
            if self._new_parser is None:
                yield TurnDelta(Parts(text=delta.text), delta, 0)
                continue
            parser = self._parsers.get(delta.choice)
            if parser is None:
                parser = self._parsers[delta.choice] = self._new_parser()
            if parser.in_reasoning:
                self._reasoning_tokens += len(delta.tokens)
            parts = parser.feed(delta.text)
            if delta.finish is not None:
                rest = parser.finish()
                parts = Parts(parts.reasoning + rest.reasoning, parts.text + rest.text, parts.calls)
            if parser.has_repetition and delta.finish in (None, FinishReason.LENGTH):
                self._completion.end(delta.prompt_index, delta.choice)
                delta = msgspec.structs.replace(delta, finish=FinishReason.STOP)
            yield TurnDelta(parts, delta, parser.num_calls)

    async def collect(self) -> list[Turn]:
        """Iterate to the end. Returns the whole turns."""
        turns: dict[int, Turn] = {}
        async for delta in self:
            turns.setdefault(delta.choice, Turn()).add(delta)
        return [turns[choice] for choice in sorted(turns)]

    @property
    def prompt(self) -> tuple[int, ...]:
        """The tokens of the conversation so far."""
        return self._completion.prompts[0]

    @property
    def tokenizer(self) -> Tokenizer:
        return self._completion.tokenizer

    @property
    def usage(self) -> Usage:
        """The tokens used so far."""
        return replace(self._completion.usage, reasoning_tokens=self._reasoning_tokens)

    @property
    def timings(self) -> Timings:
        """The seconds so far."""
        return self._completion.timings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._completion.close()


@dataclass(frozen=True, slots=True)
class PreparedTurns:
    """Tokenized and checked, but not in the engine yet. ``id`` becomes the id of the completion.

    ``ignored`` are the paths of fields that are not obeyed: keywords in the schemas of tools.
    """

    generator: Generator
    request: GenerationRequest
    id: str
    new_parser: ParserMaker | None
    ignored: tuple[str, ...] = ()

    @property
    def cost(self) -> Cost:
        """The cost of decoding every turn to its full length."""
        return Cost.from_requests([self.request])

    async def start(self) -> Turns:
        """Queue the request. Raises ProcessUnavailable or RequestTooLarge."""
        return Turns(self.generator.start([self.request], self.id), self.new_parser)


def ended_with_calls(delta: Turn | TurnDelta) -> bool:
    """Whether the turn ended because its calls are to be answered."""
    choice = delta.choice if isinstance(delta, Turn) else delta.delta
    return delta.has_calls and choice.finish is FinishReason.STOP
