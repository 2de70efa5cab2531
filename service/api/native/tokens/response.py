"""The answers of ``POST /tokenize`` and ``POST /detokenize``."""

from service.api.wire.response_model import UNSET, ResponseModel, UnsetType


class TokenizeResponse(ResponseModel):
    """The token ids, and their texts if they were asked for."""

    count: int
    max_model_len: int
    tokens: list[int]
    token_strs: list[str] | UnsetType = UNSET


class DetokenizeResponse(ResponseModel):
    """The text, under both names that clients read."""

    prompt: str
    content: str


TOKENIZE_EXAMPLE = TokenizeResponse(3, 4096, [9707, 11, 1879], ["Hello", ",", " world"])
DETOKENIZE_EXAMPLE = DetokenizeResponse("Hello, world", "Hello, world")
