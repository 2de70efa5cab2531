"""The bytes of each token of a vocabulary, as the tokenizer's decoder produces them."""

import itertools
import json
import re
from collections.abc import Iterator

import tokenizers

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


class VocabularyBytes(dict[int, bytes]):
    """The bytes of each token by its id; they may be a part of a character. Unknown ids have no bytes.

    The bytes of a token are computed when they are first needed, and then kept.
    """

    def __init__(self, library: tokenizers.Tokenizer, vocab_size: int) -> None:
        super().__init__()
        self._library = library
        decoders = set(_decoder_types(library.decoder))
        self._byte_level = "ByteLevel" in decoders
        self._byte_fallback = "ByteFallback" in decoders
        self._anchor = self._find_anchor(vocab_size)

    def __missing__(self, id: int) -> bytes:
        data = self[id] = self._compute(id)
        return data

    def at_start(self, id: int) -> bytes:
        """The bytes of the first token of a text, where some decoders drop the space that a word begins with."""
        data = self[id]
        if data.startswith(b" ") and not self._byte_level:
            return data[len(data) - len(self._decode(id).encode()) :]
        return data

    def _decode(self, *ids: int) -> str:
        return self._library.decode(ids, skip_special_tokens=False)

    def _compute(self, id: int) -> bytes:
        token = self._library.id_to_token(id) if 0 <= id < 1 << 32 else None
        if token is None:
            return b""
        if self._byte_level:
            # A token with a character that stands for no byte was added as plain text.
            return bytes(_BYTES[char] for char in token) if all(char in _BYTES for char in token) else token.encode()
        if self._byte_fallback and (match := _BYTE_TOKEN.fullmatch(token)):
            return bytes([int(match[1], 16)])
        # How decoders treat spaces depends on the token before, so the token is decoded behind a plain word.
        return self._decode(*self._anchor, id).removeprefix(self._decode(*self._anchor)).encode()

    def _find_anchor(self, vocab_size: int) -> tuple[int, ...]:
        """A token that is a plain word, or none if the vocabulary has no such token."""
        words = (id for id in range(vocab_size) if self._decode(id).isalpha())
        return tuple(itertools.islice(words, 1))


def _byte_alphabet() -> dict[str, int]:
    """The byte of each character in byte-level BPE, where a character is its own byte or one from U+0100 on (GPT-2)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + i): byte for i, byte in enumerate(others)}


_BYTES = _byte_alphabet()


def _decoder_types(decoder: tokenizers.decoders.Decoder | None) -> Iterator[str]:
    """The names of the decoder's parts. The library shows them only in the decoder's pickled state, a JSON document."""
    parts = [] if decoder is None else [json.loads(decoder.__getstate__())]
    while parts:
        part = parts.pop()
        yield part["type"]
        parts += part.get("decoders", ())
