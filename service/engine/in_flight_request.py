"""One request from its submission to its end, across restarts of the engine process."""

from dataclasses import dataclass, field

import msgspec

from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.engine.token_stream import TokenStream
from service.errors import PoisonPill, ProcessError


@dataclass(slots=True)
class InFlightRequest:
    """Owns the delivered tokens of the request: the next engine process continues after them."""

    request: Request
    stream: TokenStream
    delivered: list[int] = field(default_factory=list)  # tokens
    has_begun: bool = False  # the first output is delivered, with the fields that only the first one has

    def deliver(self, output: TokenOutput) -> None:
        """Pass an output on to the stream."""
        self.has_begun = True
        if output.token is not None:
            self.delivered.append(output.token)
        self.stream.put(output)

    def without_repetitions(self, output: TokenOutput) -> TokenOutput:
        """The first output of an engine process, without the fields that an earlier process has delivered already."""
        if not self.has_begun:
            return output
        return msgspec.structs.replace(output, num_cached=0, queue_time=0.0, prompt_logprobs=())

    @property
    def unfinished(self) -> Request:
        """The request that continues after the delivered tokens."""
        if not self.has_begun:
            return self.request
        params = self.request.params
        if params.prompt_logprobs is not None:
            params = msgspec.structs.replace(params, prompt_logprobs=None)
        generated = (*self.request.generated, *self.delivered)
        return msgspec.structs.replace(self.request, params=params, generated=generated)

    def fail(self, error: ProcessError) -> None:
        """End a poison pill alone, with an error output. Any other error ends the whole stream."""
        if isinstance(error, PoisonPill):
            kind = ErrorKind.POISON_PILL
            self.stream.put(TokenOutput(self.request.id, finish=FinishReason.ERROR, error=str(error), error_kind=kind))
        else:
            self.stream.fail(error)
