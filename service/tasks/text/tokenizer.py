"""A model's tokenizer: text to token ids and back, chat templates, and the bytes of each single token.

Everything is read from the model's own files with the `tokenizers` library; transformers is never imported.

Invariant: text is made from bytes. ``decode`` joins the bytes of its tokens and reads them as UTF-8, and the
Detokenizer does the same one token at a time, so both give the same text. The library's own decode gives that text too,
but for one case: a byte-fallback run that is not wholly valid UTF-8 loses all its characters there and only the broken
ones here.
"""

import asyncio
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import tokenizers

from service.errors import InvalidPrompt, NoChatTemplate
from service.tasks.text.chat_template import ChatTemplate, Message
from service.tasks.text.detokenizer import Detokenizer

_LONG_TEXT = 4096  # characters; encoding more takes longer than the hop to a thread
_TURN = 32  # characters that a message takes by itself
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


class Tokenizer:
    """Use ``Tokenizer.load(path)`` for a model directory.

    ``eos_token_ids`` are the tokens that end a text.
    """

    def __init__(
        self,
        library: tokenizers.Tokenizer,
        *,
        eos_token_ids: Sequence[int] = (),
        chat_template: ChatTemplate | None = None,
    ) -> None:
        library.no_truncation()
        library.no_padding()
        self._library = library
        self._chat_template = chat_template
        self.eos_token_ids = tuple(dict.fromkeys(eos_token_ids))
        self._special = frozenset(id for id, token in library.get_added_tokens_decoder().items() if token.special)
        decoders = set(_types(library.decoder))
        self._byte_level = "ByteLevel" in decoders
        self._byte_fallback = "ByteFallback" in decoders
        self._anchor = self._find_anchor()
        self._bytes: dict[int, bytes] = {}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the files of a model directory. Raises OSError or ValueError if there is no usable tokenizer."""
        config = _read_json(path / "tokenizer_config.json")
        library = tokenizers.Tokenizer.from_str((path / "tokenizer.json").read_text(encoding="utf-8"))
        special = {name: _token_text(config[name]) for name in _SPECIAL_TOKENS if config.get(name)}
        eos = [*_as_list(_read_json(path / "generation_config.json").get("eos_token_id"))]
        if "eos_token" in special and (id := library.token_to_id(special["eos_token"])) is not None:
            eos.append(id)
        if not eos:
            eos = _as_list(_read_json(path / "config.json").get("eos_token_id"))
        source = _chat_template_source(path, config)
        template = None if source is None else ChatTemplate(source, special)
        return cls(library, eos_token_ids=eos, chat_template=template)

    @cached_property
    def vocab_size(self) -> int:
        """The smallest bound above every token id."""
        return max(self._library.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    # Text to tokens

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Token ids of a text. Raises InvalidPrompt if the text holds half a surrogate pair."""
        try:
            if len(text) < _LONG_TEXT:
                return self._library.encode(text, add_special_tokens=add_special_tokens).ids
            # Of the library's calls only those for batches let other threads run meanwhile.
            return self._library.encode_batch_fast([text], add_special_tokens=add_special_tokens)[0].ids
        except TypeError as error:
            raise InvalidPrompt("the text is not valid Unicode: it holds half a surrogate pair") from error

    async def encode_async(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """As ``encode``, but a long text is encoded in a thread, without the interpreter lock."""
        if len(text) < _LONG_TEXT:
            return self.encode(text, add_special_tokens=add_special_tokens)
        return await asyncio.to_thread(self.encode, text, add_special_tokens=add_special_tokens)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each token of a text stands in it, in characters. Raises InvalidPrompt as ``encode``."""
        try:
            return self._library.encode_batch([text], add_special_tokens=False)[0].offsets
        except TypeError as error:
            raise InvalidPrompt("the text is not valid Unicode: it holds half a surrogate pair") from error

    async def decode_async(self, ids: Sequence[int], *, skip_special_tokens: bool = True) -> str:
        """As ``decode``, but many tokens are decoded in a thread."""
        if len(ids) < _LONG_TEXT:
            return self.decode(ids, skip_special_tokens=skip_special_tokens)
        return await asyncio.to_thread(self.decode, ids, skip_special_tokens=skip_special_tokens)

    # Chat

    @property
    def has_chat_template(self) -> bool:
        return self._chat_template is not None

    def render_chat(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool = True,
        continue_final_message: bool = False,
        **variables: Any,
    ) -> str:
        """The prompt text of a conversation; ``variables`` are passed on to the template.

        Raises NoChatTemplate, or ChatTemplateError with the template's own words.
        """
        if self._chat_template is None:
            raise NoChatTemplate("this model has no chat template; send a prompt instead", param="messages")
        return self._chat_template.render(
            messages,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            **variables,
        )

    async def render_chat_async(self, messages: Sequence[Message], **options: Any) -> str:
        """As ``render_chat``, but a long conversation is rendered in a thread."""
        if sum(_TURN + len(message["content"]) for message in messages) < _LONG_TEXT:
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
        """Token ids of a conversation. The template writes the special tokens, so none are added a second time."""
        text = await self.render_chat_async(
            messages,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            **variables,
        )
        return await self.encode_async(text, add_special_tokens=False)

    # Tokens to text

    def decode(self, ids: Iterable[int], *, skip_special_tokens: bool = True) -> str:
        """The text of some tokens; ids outside the vocabulary have none."""
        text = Detokenizer(self, skip_special_tokens=skip_special_tokens)
        return "".join(map(text.feed, ids)) + text.flush()

    def is_special(self, id: int) -> bool:
        """Whether ``skip_special_tokens`` skips it."""
        return id in self._special

    def token_bytes(self, id: int, *, at_start: bool = False) -> bytes:
        """The true bytes of one token, possibly a part of a character; none for an unknown id.

        ``at_start``: as the first token of a text, where some decoders drop the space that a word begins with.
        """
        data = self._bytes.get(id)
        if data is None:
            data = self._bytes[id] = self._inner_bytes(id)
        if at_start and data.startswith(b" ") and not self._byte_level:
            return data[len(data) - len(self._decode(id).encode()) :]
        return data

    def token_text(self, id: int) -> str:
        """The token as text, with U+FFFD for what is no whole character."""
        return self.token_bytes(id).decode("utf-8", errors="replace")

    def _decode(self, *ids: int) -> str:
        return self._library.decode(ids, skip_special_tokens=False)

    def _inner_bytes(self, id: int) -> bytes:
        token = self._library.id_to_token(id) if 0 <= id < 1 << 32 else None
        if token is None:
            return b""
        if self._byte_level:
            # A token with a character that stands for no byte was added as plain text.
            return bytes(_BYTES[char] for char in token) if all(char in _BYTES for char in token) else token.encode()
        if self._byte_fallback and (match := _BYTE_TOKEN.fullmatch(token)):
            return bytes([int(match[1], 16)])
        # What decoders do to spaces depends on a token's neighbour, so it is decoded behind one.
        return self._decode(*self._anchor, id).removeprefix(self._decode(*self._anchor)).encode()

    def _find_anchor(self) -> tuple[int, ...]:
        """A token that is a plain word, or none where the vocabulary has no such token."""
        words = (id for id in range(self.vocab_size) if self._decode(id).isalpha())
        return tuple(itertools.islice(words, 1))


def _byte_alphabet() -> dict[str, int]:
    """Byte-level BPE writes each byte as one printable character: itself, or one from U+0100 on (GPT-2's scheme)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + i): byte for i, byte in enumerate(others)}


_BYTES = _byte_alphabet()


def _types(decoder: tokenizers.decoders.Decoder | None) -> Iterator[str]:
    """The names of the decoder's parts, which are to be had in its pickled state: a JSON document."""
    parts = [] if decoder is None else [json.loads(decoder.__getstate__())]
    while parts:
        part = parts.pop()
        yield part["type"]
        parts += part.get("decoders", ())


def _read_json(path: Path) -> dict[str, Any]:
    """An optional file of the model."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _as_list(value: int | list[int] | None) -> list[int]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _token_text(token: str | dict[str, Any]) -> str:
    return token["content"] if isinstance(token, dict) else token


def _chat_template_source(path: Path, config: dict[str, Any]) -> str | None:
    """The template file, else the one in tokenizer_config.json; of several named ones the default."""
    if (file := path / "chat_template.jinja").exists():
        return file.read_text(encoding="utf-8")
    template = config.get("chat_template")
    if isinstance(template, list):
        return {entry["name"]: entry["template"] for entry in template}.get("default")
    return template
