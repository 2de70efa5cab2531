"""The answers of ``POST /tokenize`` and ``POST /detokenize``."""

from service.api.native.tokens.source_tokens import SourceToken
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType


class TokenizeResponse(ResponseModel):
    """The token ids, and their texts if they were asked for."""

    count: int
    max_model_len: int
    tokens: list[int]
    token_strs: list[str] | UnsetType = UNSET


class TokenPiece(ResponseModel):
    """A token and its text, or its bytes where they are no whole characters."""

    id: int
    piece: str | list[int]


class PlainTokensResponse(ResponseModel):
    """The token ids, as llama.cpp answers; with their texts if they were asked for."""

    tokens: list[int | TokenPiece]


class DetokenizeResponse(ResponseModel):
    """The text, under both names that clients read."""

    prompt: str
    content: str


def token_piece(id: int, data: bytes) -> TokenPiece:
    """The token with these bytes."""
    try:
        return TokenPiece(id, data.decode())
    except UnicodeDecodeError:
        return TokenPiece(id, list(data))


TOKENIZE_EXAMPLE = TokenizeResponse(3, 4096, [9707, 11, 1879], ["Hello", ",", " world"])
SOURCE_EXAMPLE = [SourceToken(9707, "Hello", 0, 5), SourceToken(11, ",", 5, 6), SourceToken(1879, " world", 6, 12)]
PIECES_EXAMPLE = PlainTokensResponse([TokenPiece(9707, "Hello"), TokenPiece(11, ","), TokenPiece(1879, " world")])
DETOKENIZE_EXAMPLE = DetokenizeResponse("Hello, world", "Hello, world")
