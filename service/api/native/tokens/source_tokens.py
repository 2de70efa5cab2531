"""Tokens with the part of the text that each one stands for."""

from service.api.wire.response_model import ResponseModel
from service.tasks.text.tokenizer import Tokenizer


class SourceToken(ResponseModel):
    """``text`` is the text from ``start`` to ``stop``, in characters; empty for a special token that was added."""

    id: int
    text: str
    start: int
    stop: int


async def source_tokens(tokenizer: Tokenizer, text: str, *, add_special_tokens: bool) -> list[SourceToken]:
    """The tokens of a text. Raises InvalidPrompt."""
    ids = await tokenizer.encode_async(text, add_special_tokens=add_special_tokens)
    offsets = await tokenizer.offsets_async(text, add_special_tokens=add_special_tokens)
    return [SourceToken(id, text[start:stop], start, stop) for id, (start, stop) in zip(ids, offsets, strict=True)]
