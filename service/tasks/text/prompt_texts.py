"""The texts of clients in a prompt: they are data, whatever they spell.

Marks stand for the control tokens that a text spells while a template or a document is made of it. The prompt between
the marks is tokenized as a whole, so a text without control tokens has the tokens that it always had.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from service.errors import InvalidPrompt
from service.tasks.text.chat_template import Message

if TYPE_CHECKING:
    from service.tasks.text.tokenizer import Tokenizer

HALF_SURROGATE = "the text is not valid Unicode: it holds half a surrogate pair"
T = TypeVar("T")
_LONG_TEXT = 4096  # characters
_WRITTEN = frozenset({"content", "reasoning_content"})  # fields of an assistant's message that the model wrote


class PromptTexts:
    """The texts of one prompt. ``protect`` each of them, make the prompt of the results, and ``encode`` it."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._tokenizer = tokenizer
        self._name = uuid4().hex  # so that no text can hold a mark
        self._spellings: list[str] = []

    def protect(self, text: str, *, only_special: bool = False) -> str:
        """The text with marks. Raises InvalidPrompt if it holds half a surrogate pair."""
        parts, last = [], 0
        for start, end in _find(self._tokenizer, text, only_special=only_special):
            parts += [text[last:start], f"{self._name}{len(self._spellings)};"]
            self._spellings.append(text[start:end])
            last = end
        return "".join([*parts, text[last:]]) if parts else text

    def protect_all(self, value: Any) -> Any:
        """The same JSON value with its texts protected, names of fields too."""
        match value:
            case str():
                return self.protect(value)
            case Mapping():
                return {self.protect(name): self.protect_all(each) for name, each in value.items()}
            case list() | tuple():
                return [*map(self.protect_all, value)]
        return value

    async def protect_messages(self, messages: Sequence[Message]) -> list[Message]:
        """The messages with protected texts, those in calls and results of tools too.

        In what the assistant wrote, marks of thoughts and calls stay: the model wrote them itself, and its template may
        look for them. A checkpoint calls the tokens between turns special, so no turn can be forged there either.
        """
        length = sum(len(content) for message in messages if isinstance(content := message.get("content"), str))
        return await _run(length, lambda: [self._protect_message(message) for message in messages])

    async def encode(self, prompt: str, *, add_special_tokens: bool = False) -> list[int]:
        """The token ids of a prompt, in which no protected text has a control token."""
        if not self._spellings:
            return await self._tokenizer.encode_async(prompt, add_special_tokens=add_special_tokens)
        ids = await _run(len(prompt), lambda: self._encode_parts(prompt))
        return [*self._tokenizer.start_ids, *ids] if add_special_tokens else ids

    def _protect_message(self, message: Message) -> Message:
        is_written = message.get("role") == "assistant"
        protected: dict[str, Any] = {}
        for name, value in message.items():
            if name == "role":
                protected[name] = value
            elif is_written and name in _WRITTEN and isinstance(value, str):
                protected[name] = self.protect(value, only_special=True)
            else:
                protected[name] = self.protect_all(value)
        return protected

    def _encode_parts(self, prompt: str) -> list[int]:
        tokenizer = self._tokenizer
        spelled = cache(tokenizer.control_tokens.encode_as_text)
        parts = re.split(rf"{self._name}([0-9]+);", prompt)
        ids = tokenizer.encode(parts[0], add_special_tokens=False)
        for number, part in zip(parts[1::2], parts[2::2], strict=True):
            ids += spelled(self._spellings[int(number)])
            ids += tokenizer.encode(part, add_special_tokens=False)
        return ids


async def encode_text(tokenizer: "Tokenizer", text: str) -> list[int]:
    """The token ids of a client's text, none of which is a control token. Raises InvalidPrompt like ``protect``."""
    texts = PromptTexts(tokenizer)
    return await texts.encode(await _run(len(text), lambda: texts.protect(text)))


def text_offsets(tokenizer: "Tokenizer", text: str) -> list[tuple[int, int]]:
    """The (start, end) of tokens of a client's text, none of which is a control token, in characters.

    Raises InvalidPrompt like ``protect``.
    """
    if _find(tokenizer, text):
        return tokenizer.control_tokens.offsets_as_text(text)
    return tokenizer.offsets(text)


async def _run(length: int, work: Callable[[], T]) -> T:
    """Do the work on ``length`` characters: in a thread, if it takes longer than the hop."""
    return work() if length < _LONG_TEXT else await asyncio.to_thread(work)


def _find(tokenizer: "Tokenizer", text: str, *, only_special: bool = False) -> list[tuple[int, int]]:
    try:
        return tokenizer.control_tokens.find(text, only_special=only_special)
    except TypeError as error:
        raise InvalidPrompt(HALF_SURROGATE) from error
