"""A prompt that is repeated before its continuations, and where each of its tokens begins in the repeated text."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.tokenizer import Tokenizer


class Echo(NamedTuple):
    """The repeated ``text`` of a prompt, and the offset in it, in characters, at which each of its tokens begins."""

    text: str
    offsets: Sequence[int]


async def echo_of(
    prompt: str | Sequence[int],
    tokens: Sequence[int],
    tokenizer: Tokenizer,
    *,
    add_special_tokens: bool,
    skip_special_tokens: bool,
) -> Echo:
    """The echo of a prompt, whose tokens are ``tokens``. A text is repeated as it was sent, token ids as their text,
    and so is a text of which only the last tokens count.

    The tokenizer knows where the tokens of a text come from: a normalized text may have other characters than the text
    of its tokens, and special tokens that the tokenizer adds come from nowhere.
    """
    if isinstance(prompt, str):
        offsets = await tokenizer.offsets_async(prompt, add_special_tokens=add_special_tokens)
        if len(offsets) == len(tokens):
            return Echo(prompt, _starts(prompt, offsets))
    return await asyncio.to_thread(_decoded, tokens, tokenizer, skip_special_tokens)


def _starts(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    """Where each token begins. White space before it belongs to it, also where the tokenizer does not count it in."""
    starts, reached = [], 0
    for start, end in offsets:
        added = start == end
        starts.append(reached if added or text[reached:start].isspace() else start)
        reached = max(reached, end)
    return starts


def _decoded(tokens: Sequence[int], tokenizer: Tokenizer, skip_special_tokens: bool) -> Echo:
    detokenizer = Detokenizer(tokenizer, skip_special_tokens=skip_special_tokens)
    pieces, offsets, reached = [], [], 0
    for token in tokens:
        offsets.append(reached)
        pieces.append(detokenizer.feed(token))
        reached += len(pieces[-1])
    return Echo("".join(pieces) + detokenizer.flush(), offsets)
