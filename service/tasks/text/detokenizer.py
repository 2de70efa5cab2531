"""The detokenizer: turns tokens into text, one token at a time.

``feed`` gets the tokens of an answer. The texts that it returns, together with the text of ``flush``, are the text of
prompt and answer without the text of the prompt. No returned text ends inside a character, and the time for a token
does not depend on the tokens before it.

`tokenizers.decoders.DecodeStream` was tried first, but it cannot have these properties. It takes a text that ends in
U+FFFD for an unfinished one, so after an invalid byte it returns nothing until a whole character follows, and until
then it decodes all tokens that it holds again for each new one. It has no flush. If the prompt ends inside a character,
it repeats the prompt. The bytes of a token are known, so a plain UTF-8 decoder is enough.
"""

import codecs
from collections.abc import Sequence
from typing import Protocol

_MAX_CHARACTER_BYTES = 4  # in UTF-8
_REPLACEMENT = "\ufffd"


class TokenBytes(Protocol):
    """The part of a tokenizer that the detokenizer uses."""

    def token_bytes(self, id: int, *, at_start: bool = False) -> bytes:
        """The bytes of a token; ``at_start`` as the first token of a text."""

    def is_special(self, id: int) -> bool:
        """Whether the token is special, so that ``skip_special_tokens`` skips it."""


class Detokenizer:
    """Makes the text of one answer, and holds the bytes of a character that is not complete yet.

    ``prompt_tail`` is the prompt or its last tokens. It has two effects. The answer's first word keeps its leading
    space unless no text precedes it. If the prompt ends inside a character and the answer's first bytes complete it,
    the character belongs to the answer; if they do not, the broken half belongs to the prompt and is not returned.
    """

    def __init__(
        self, tokenizer: TokenBytes, prompt_tail: Sequence[int] = (), *, skip_special_tokens: bool = True
    ) -> None:
        self._token_bytes = tokenizer.token_bytes
        self._is_special = tokenizer.is_special
        self._skip_special_tokens = skip_special_tokens
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
        tail = b""
        for token in reversed(prompt_tail):
            if len(tail) >= _MAX_CHARACTER_BYTES:
                break
            tail = self._bytes(token) + tail
        self._at_start = not tail
        self._utf8.decode(tail)
        # The bytes of a character that the prompt began, and those that the answer has added.
        self._half = self._utf8.getstate()[0]

    def feed(self, token: int) -> str:
        """The text that this token completes. It is often empty."""
        data = self._bytes(token)
        if not data:
            return ""
        if self._at_start:
            data = self._token_bytes(token, at_start=True)
            self._at_start = False
        return self._decode(data)

    def flush(self) -> str:
        """The rest of the text: U+FFFD if the answer's last character is incomplete."""
        return self._decode(b"", final=True)

    def _bytes(self, token: int) -> bytes:
        if self._skip_special_tokens and self._is_special(token):
            return b""
        return self._token_bytes(token)

    def _decode(self, data: bytes, *, final: bool = False) -> str:
        text = self._utf8.decode(data, final)
        if self._half:
            self._half += data
            if text:
                broken = text.startswith(_REPLACEMENT) and not self._half.startswith(_REPLACEMENT.encode())
                self._half = b""
                return text[broken:]
        return text
