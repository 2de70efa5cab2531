"""One sequence on its way to being text: its outputs in, deltas out. Owns what of it cannot be sent yet."""

from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenLogprob, TokenOutput
from service.errors import EngineError, PoisonPill, ProcessUnavailable
from service.tasks.generation.request import GenerationRequest
from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.stop_strings import StopStrings
from service.tasks.text.tokenizer import Tokenizer


class Delta(Struct, frozen=True):
    """News of one choice. ``tokens`` are those since the last delta; the text of the last of them may still be held."""

    prompt_index: int
    choice: int
    text: str
    tokens: tuple[TokenOutput, ...] = ()
    finish: FinishReason | None = None  # in the last delta of the choice
    stop: str | int | None = None  # the stop string or the stop token's id, where one ended it
    error: str = ""  # why, where finish is ERROR
    error_kind: ErrorKind = ErrorKind.FAILED

    def joined(self, later: "Delta") -> "Delta":
        """Both as one; ``later`` is the next delta of the same choice."""
        return msgspec.structs.replace(later, text=self.text + later.text, tokens=self.tokens + later.tokens)


@dataclass(slots=True)
class Choice:
    """A whole choice."""

    text: str = ""
    tokens: list[TokenOutput] = field(default_factory=list)
    finish: FinishReason | None = None
    stop: str | int | None = None
    error: str = ""
    error_kind: ErrorKind = ErrorKind.FAILED

    def add(self, delta: Delta) -> None:
        self.text += delta.text
        self.tokens += delta.tokens
        self.finish, self.stop = delta.finish, delta.stop
        self.error, self.error_kind = delta.error, delta.error_kind

    @property
    def prompt_logprobs(self) -> tuple[TokenLogprob | None, ...]:
        """One for each prompt token, if they were asked for; the first is None."""
        return self.tokens[0].prompt_logprobs if self.tokens else ()


def raise_if_failed(choice: Choice | Delta) -> None:
    """Raise the ProcessError that ended the choice. Return if it goes on, or ended with ``STOP`` or ``LENGTH``."""
    match choice.finish, choice.error_kind:
        case FinishReason.ERROR, ErrorKind.POISON_PILL:
            raise PoisonPill
        case FinishReason.ERROR, _:
            raise EngineError(f"a sequence failed: {choice.error}")
        case FinishReason.ABORT, _:
            raise ProcessUnavailable("stopping", "the engine is stopping")


class ChoiceDecoder:
    """Turns one sequence's outputs into deltas and finds its stop strings.

    A stop string that begins in the first ``min_tokens`` tokens does not count, as stop tokens do not there.
    """

    def __init__(self, request: GenerationRequest, tokenizer: Tokenizer, prompt_index: int, choice: int) -> None:
        self.prompt_index = prompt_index
        self.choice = choice
        self.num_tokens = 0
        self.finish: FinishReason | None = None
        self._request = request
        self._detokenizer = Detokenizer(tokenizer, request.prompt, skip_special_tokens=request.skip_special_tokens)
        self._stops = StopStrings(request.stop, include=request.include_stop)
        self._tokens: list[TokenOutput] = []

    def push(self, output: TokenOutput) -> Delta | None:
        """The delta that this output completes, if there is text to send or the choice ends with it."""
        self._tokens.append(output)
        self.finish = output.finish
        stop: str | int | None = None
        text = ""
        if output.token is not None:
            self.num_tokens += 1
            stop = output.token if output.finish is FinishReason.STOP else None
            if stop is None or self._request.include_stop:
                text = self._detokenizer.feed(output.token)
        if output.finish is not None:
            text += self._detokenizer.flush()
        if self.num_tokens > self._request.params.min_tokens:
            text = self._stops.feed(text)
        if output.finish is not None:
            text += self._stops.flush()
        if self._stops.matched is not None:
            self.finish, stop = FinishReason.STOP, self._stops.matched
        if not text and self.finish is None:
            return None
        tokens, self._tokens = tuple(self._tokens), []
        return Delta(self.prompt_index, self.choice, text, tokens, self.finish, stop, output.error, output.error_kind)
