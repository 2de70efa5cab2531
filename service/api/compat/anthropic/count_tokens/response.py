"""The answer of ``POST /v1/messages/count_tokens``."""

from service.api.wire.response_model import ResponseModel


class CountTokensResponse(ResponseModel):
    """The tokens of the prompt: messages, system prompt and tools, as the chat template writes them."""

    input_tokens: int


EXAMPLE = CountTokensResponse(9)
