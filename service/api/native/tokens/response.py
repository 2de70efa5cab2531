"""The answers of ``POST /tokenize``, ``POST /detokenize`` and ``GET /tokenizer_info``."""

from typing import Literal

from service.api.native.tokens.source_tokens import SourceToken
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.text.tokenizer import Tokenizer


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


class TokenizerInfoResponse(ResponseModel):
    """What a client needs to write prompts as the tokenizer does; null for a special token that there is not.

    ``tokenizer_class`` is the class of transformers that reads any such tokenizer.
    """

    bos_token: str | None
    eos_token: str | None
    pad_token: str | None
    unk_token: str | None
    chat_template: str | None
    model_max_length: int
    tokenizer_class: Literal["PreTrainedTokenizerFast"] = "PreTrainedTokenizerFast"

    @classmethod
    def of(cls, tokenizer: Tokenizer, max_model_len: int) -> "TokenizerInfoResponse":
        """The answer about this tokenizer, whose model takes so many tokens."""
        names = tokenizer.names
        template = tokenizer.chat_template
        return cls(
            bos_token=names.get("bos_token"),
            eos_token=names.get("eos_token"),
            pad_token=names.get("pad_token"),
            unk_token=names.get("unk_token"),
            chat_template=None if template is None else template.source,
            model_max_length=max_model_len,
        )


TOKENIZER_INFO_EXAMPLE = TokenizerInfoResponse(None, "<|im_end|>", "<|endoftext|>", None, "{% for ... %}", 4096)
TOKENIZE_EXAMPLE = TokenizeResponse(3, 4096, [9707, 11, 1879], ["Hello", ",", " world"])
SOURCE_EXAMPLE = [SourceToken(9707, "Hello", 0, 5), SourceToken(11, ",", 5, 6), SourceToken(1879, " world", 6, 12)]
PIECES_EXAMPLE = PlainTokensResponse([TokenPiece(9707, "Hello"), TokenPiece(11, ","), TokenPiece(1879, " world")])
DETOKENIZE_EXAMPLE = DetokenizeResponse("Hello, world", "Hello, world")
