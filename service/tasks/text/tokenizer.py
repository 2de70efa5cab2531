"""The tokenizer of a model: text to token ids and back, the chat template, and the bytes of each token.

Everything is read from the model's own files with the `tokenizers` library; transformers is never imported.

Invariant: text is made from bytes. ``decode`` joins the bytes of its tokens and reads them as UTF-8, and the
Detokenizer does the same one token at a time, so both give the same text. The library's own decode gives that text too,
with one exception: a byte-fallback run that is not wholly valid UTF-8 loses all its characters there, but only the
broken ones here.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import tokenizers

from service.errors import InvalidPrompt, NoChatTemplate
from service.tasks.text.chat_template import ChatTemplate, Message
from service.tasks.text.control_tokens import ControlTokens
from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.fill_in import FillInFormat
from service.tasks.text.prompt_texts import HALF_SURROGATE, PromptTexts
from service.tasks.text.token_bytes import VocabularyBytes
from service.tasks.text.tokenizer_files import TokenizerFiles

_LONG_TEXT = 4096  # characters, or tokens; for more, the work takes longer than handing it to a thread
_MESSAGE_OVERHEAD = 32  # characters that the template takes for one message


class Tokenizer:
    """Encodes and decodes text. ``load`` reads the tokenizer of a model directory.

    ``eos_token_ids`` are the tokens that end a text: those at which transformers' ``generate`` stops, and the
    tokenizer's own, which a fine-tuned checkpoint sometimes names nowhere else.
    """

    def __init__(
        self,
        library: tokenizers.Tokenizer,
        *,
        eos_token_ids: Sequence[int] = (),
        chat_template: ChatTemplate | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """``names`` are the texts of special tokens by their roles, such as ``bos_token``."""
        library.no_truncation()
        library.no_padding()
        self._library = library
        self.chat_template = chat_template
        self.names = names or {}
        self.eos_token_ids = tuple(dict.fromkeys(eos_token_ids))
        self._special = frozenset(id for id, token in library.get_added_tokens_decoder().items() if token.special)
        self._bytes = VocabularyBytes(library, self.vocab_size)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the files of a model directory. Raises OSError or ValueError if there is no usable tokenizer."""
        library = tokenizers.Tokenizer.from_str((path / "tokenizer.json").read_text(encoding="utf-8"))
        files = TokenizerFiles.from_directory(path, padding=(library.padding or {}).get("pad_token"))
        names = files.special_tokens.names
        library.add_tokens(files.special_tokens.added)
        ends = list(files.end_token_ids)
        if "eos_token" in names and (id := library.token_to_id(names["eos_token"])) is not None:
            ends.append(id)
        template = None if files.chat_template is None else ChatTemplate(files.chat_template, names)
        return cls(library, eos_token_ids=ends, chat_template=template, names=names)

    @cached_property
    def vocab_size(self) -> int:
        """The smallest bound above every token id."""
        return max(self._library.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    @cached_property
    def added_tokens(self) -> dict[str, int]:
        """The ids of the tokens that no text splits, special or not, by their texts."""
        return {token.content: id for id, token in self._library.get_added_tokens_decoder().items()}

    @cached_property
    def control_tokens(self) -> ControlTokens:
        """The tokens that no text of a client may become."""
        return ControlTokens(self._library)

    @cached_property
    def fill_in(self) -> FillInFormat | None:
        """How the model is asked for the text between a prefix and a suffix; None if it cannot be asked."""
        return FillInFormat.find(self._library.token_to_id)

    @cached_property
    def start_ids(self) -> tuple[int, ...]:
        """The special tokens that the tokenizer puts before a text."""
        with_start, alone = (self.encode("a", add_special_tokens=special) for special in (True, False))
        return tuple(with_start[: with_start.index(alone[0])]) if alone else ()

    def token_id(self, token: str) -> int | None:
        """The id of the token with this text; None if the vocabulary has no such token."""
        return self._library.token_to_id(token)

    def keep_as_control(self, tokens: Sequence[str]) -> None:
        """Make these tokens of the vocabulary control tokens. Call it before the tokenizer is used."""
        added = [tokenizers.AddedToken(token, normalized=False, special=True) for token in tokens]
        self._library.add_tokens(added)
        self._special |= frozenset(id for token in tokens if (id := self.token_id(token)) is not None)
        for name in ("added_tokens", "control_tokens"):  # they are cached
            self.__dict__.pop(name, None)

    # Text to tokens

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """The token ids of a text. Raises InvalidPrompt if the text holds half a surrogate pair."""
        try:
            if len(text) < _LONG_TEXT:
                return self._library.encode(text, add_special_tokens=add_special_tokens).ids
            # Only the library's calls for batches let other threads run.
            return self._library.encode_batch_fast([text], add_special_tokens=add_special_tokens)[0].ids
        except TypeError as error:
            raise InvalidPrompt(HALF_SURROGATE) from error

    async def encode_async(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Like ``encode``, but a long text is encoded in a thread, without the interpreter lock."""
        if len(text) < _LONG_TEXT:
            return self.encode(text, add_special_tokens=add_special_tokens)
        return await asyncio.to_thread(self.encode, text, add_special_tokens=add_special_tokens)

    def offsets(self, text: str, *, add_special_tokens: bool = False) -> list[tuple[int, int]]:
        """The (start, end) of each token of a text, in characters. Raises InvalidPrompt like ``encode``.

        Start and end of a special token that is added are equal. Tokens of one character have its start and end.
        """
        try:
            return self._library.encode_batch([text], add_special_tokens=add_special_tokens)[0].offsets
        except TypeError as error:
            raise InvalidPrompt(HALF_SURROGATE) from error

    async def offsets_async(self, text: str, *, add_special_tokens: bool = False) -> list[tuple[int, int]]:
        """Like ``offsets``, but for a long text in a thread, without the interpreter lock."""
        if len(text) < _LONG_TEXT:
            return self.offsets(text, add_special_tokens=add_special_tokens)
        return await asyncio.to_thread(self.offsets, text, add_special_tokens=add_special_tokens)

    async def decode_async(self, ids: Sequence[int], *, skip_special_tokens: bool = True) -> str:
        """Like ``decode``, but many tokens are decoded in a thread."""
        if len(ids) < _LONG_TEXT:
            return self.decode(ids, skip_special_tokens=skip_special_tokens)
        return await asyncio.to_thread(self.decode, ids, skip_special_tokens=skip_special_tokens)

    # Chat

    @property
    def has_chat_template(self) -> bool:
        return self.chat_template is not None

    def render_chat(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool = True,
        continue_final_message: bool = False,
        **variables: Any,
    ) -> str:
        """The prompt text of a conversation. ``variables`` are passed to the template.

        Raises NoChatTemplate or ChatTemplateError.
        """
        if self.chat_template is None:
            raise NoChatTemplate("this model has no chat template; send a prompt instead", param="messages")
        return self.chat_template.render(
            messages,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            **variables,
        )

    async def render_chat_async(self, messages: Sequence[Message], **options: Any) -> str:
        """Like ``render_chat``, but a long conversation, or one with tools, is rendered in a thread."""
        lengths = sum(_MESSAGE_OVERHEAD + len(message.get("content") or "") for message in messages)
        if lengths < _LONG_TEXT and not options.get("tools"):
            return self.render_chat(messages, **options)
        return await asyncio.to_thread(self.render_chat, messages, **options)

    async def encode_chat(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool = True,
        continue_final_message: bool = False,
        **variables: Any,
    ) -> list[int]:
        """The token ids of a conversation. The template writes the special tokens, so none are added a second time.

        Raises NoChatTemplate, ChatTemplateError or InvalidPrompt.
        """
        texts = PromptTexts(self)
        text = await self.render_chat_async(
            await texts.protect_messages(messages),
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            **variables,
        )
        return await texts.encode(text)

    # Tokens to text

    def decode(self, ids: Iterable[int], *, skip_special_tokens: bool = True) -> str:
        """The text of tokens. Ids outside the vocabulary have no text."""
        detokenizer = Detokenizer(self, skip_special_tokens=skip_special_tokens)
        return "".join(map(detokenizer.feed, ids)) + detokenizer.flush()

    def is_special(self, id: int) -> bool:
        """Whether ``skip_special_tokens`` skips the token."""
        return id in self._special

    def token_bytes(self, id: int, *, at_start: bool = False) -> bytes:
        """The bytes of one token, which may be a part of a character; empty for an unknown id.

        ``at_start``: as the first token of a text, where some decoders drop the space that a word begins with.
        """
        return self._bytes.at_start(id) if at_start else self._bytes[id]

    def token_text(self, id: int) -> str:
        """The token as text, with U+FFFD for bytes that are not a whole character."""
        return self.token_bytes(id).decode("utf-8", errors="replace")
