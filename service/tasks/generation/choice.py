"""A choice: one continuation of a prompt, in deltas or whole."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import msgspec
from msgspec import Struct

from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenLogprob, TokenOutput
from service.errors import EngineError, InvalidOption, PoisonPill, ProcessUnavailable


class Delta(Struct, frozen=True):
    """The new text of a choice since its last delta.

    ``tokens`` are those since the last delta. The text of the last tokens may come with a later delta.
    """

    prompt_index: int
    choice: int
    text: str
    tokens: tuple[TokenOutput, ...] = ()
    finish: FinishReason | None = None  # in the last delta of the choice
    stop: str | int | None = None  # the stop string, or the id of the stop token, that ended the choice
    error: str = ""  # the reason, if finish is ERROR
    error_kind: ErrorKind = ErrorKind.FAILED

    def joined(self, later: "Delta") -> "Delta":
        """This delta and the next one of the same choice as one."""
        return msgspec.structs.replace(later, text=self.text + later.text, tokens=self.tokens + later.tokens)


@dataclass(slots=True)
class Choice:
    """All deltas of a choice joined."""

    text: str = ""
    tokens: list[TokenOutput] = field(default_factory=list)
    finish: FinishReason | None = None
    stop: str | int | None = None
    error: str = ""
    error_kind: ErrorKind = ErrorKind.FAILED

    def add(self, delta: Delta) -> None:
        """Append the next delta."""
        self.text += delta.text
        self.tokens += delta.tokens
        self.finish, self.stop = delta.finish, delta.stop
        self.error, self.error_kind = delta.error, delta.error_kind

    @property
    def mean_logprob(self) -> float:
        """The mean log probability of the tokens, if they were asked for; minus infinity if there are none."""
        logprobs = [output.logprob.logprob for output in self.tokens if output.logprob is not None]
        return sum(logprobs) / len(logprobs) if logprobs else -math.inf

    @property
    def score(self) -> float | None:
        """The score of a beam search, if it has come to its end."""
        return score_of(self.tokens)

    @property
    def prompt_logprobs(self) -> tuple[TokenLogprob | None, ...]:
        """One for each prompt token, if the request asks for them; the first is None."""
        return self.tokens[0].prompt_logprobs if self.tokens else ()


def ranked(choices: list[Choice]) -> list[Choice]:
    """The choices by the mean log probability of their tokens, the best first."""
    return sorted(choices, key=attrgetter("mean_logprob"), reverse=True)


def raise_if_failed(choice: Choice | Delta) -> None:
    """Raises the error that ended the choice, unless it continues or ended with ``STOP`` or ``LENGTH``.

    The error is InvalidOption for a grammar that the engine cannot follow, for fields that rule out every token, or
    where a search has found fewer texts than are asked for, and a ProcessError otherwise.
    """
    match choice.finish, choice.error_kind:
        case FinishReason.ERROR, ErrorKind.POISON_PILL:
            raise PoisonPill
        case FinishReason.ERROR, ErrorKind.CONSTRAINT:
            raise InvalidOption("The grammar or schema is too complex: the text reached one of the limits")
        case FinishReason.ERROR, ErrorKind.RULED_OUT:
            raise InvalidOption("Nothing can follow: the fields of the request rule out every token at one place")
        case FinishReason.ERROR, ErrorKind.TOO_FEW:
            raise InvalidOption("The search has found fewer texts than are asked for: no others are possible")
        case FinishReason.ERROR, _:
            raise EngineError(f"a sequence failed: {choice.error}")
        case FinishReason.ABORT, _:
            raise ProcessUnavailable("stopping", "the engine is stopping")


def score_of(tokens: Sequence[TokenOutput]) -> float | None:
    """The score of the hypothesis that ends with the last of these outputs; None if none does."""
    return tokens[-1].hypotheses[0].score if tokens and tokens[-1].hypotheses else None
