"""One request from its submission to its end, over as many lives of the engine as it takes."""

from dataclasses import dataclass, field

import msgspec

from service.engine.protocol.outputs import TokenOutput
from service.engine.protocol.request import Request
from service.engine.token_stream import TokenStream


@dataclass(slots=True)
class Flight:
    """Owns what of the request has been delivered: the next engine goes on behind it."""

    request: Request
    stream: TokenStream
    delivered: list[int] = field(default_factory=list)
    begun: bool = False  # the first output, with what only that one holds, has been delivered

    def put(self, output: TokenOutput) -> None:
        """Deliver."""
        self.begun = True
        if output.token is not None:
            self.delivered.append(output.token)
        self.stream.put(output)

    def resumed(self, output: TokenOutput) -> TokenOutput:
        """The first output of another life, which is a later one to whoever waits for it."""
        if not self.begun:
            return output
        return msgspec.structs.replace(output, num_cached=0, queue_time=0.0, prompt_logprobs=())

    @property
    def remainder(self) -> Request:
        """What is still to be done of the request."""
        if not self.begun:
            return self.request
        params = self.request.params
        if params.prompt_logprobs is not None:
            params = msgspec.structs.replace(params, prompt_logprobs=None)
        generated = (*self.request.generated, *self.delivered)
        return msgspec.structs.replace(self.request, params=params, generated=generated)
