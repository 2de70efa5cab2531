"""Tokens to text, one at a time. Owns the bytes of a character that is not whole yet.

Fed with all tokens of an answer, the pieces and the flush together are the text of prompt and answer less that of the
prompt. A piece never holds a split character, and takes time for its own token only.

`tokenizers.decoders.DecodeStream` was the first choice, but it cannot have these properties: it takes a text that ends
in U+FFFD for an unfinished one, so after an invalid byte it is silent until a whole character follows, decodes all it
holds again for each token until then, and has no flush; and a prompt that ends inside a character makes it repeat the
prompt. A token's bytes are known, so a plain UTF-8 decoder does all that is needed.
"""

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.tasks.text.tokenizer import Tokenizer

_LONGEST_CHARACTER = 4  # bytes in UTF-8
_REPLACEMENT = "\ufffd"


class Detokenizer:
    """The text of one answer.

    ``prompt_tail`` is the prompt or its last tokens. It decides whether the answer's first word keeps its leading space
    (it does, unless no text precedes it) and completes a character that the prompt began: if the answer's first bytes
    finish it, the character belongs to the answer; if not, the broken half is the prompt's and appears nowhere.
    """

    def __init__(
        self, tokenizer: "Tokenizer", prompt_tail: Sequence[int] = (), *, skip_special_tokens: bool = True
    ) -> None:
        self._tokenizer = tokenizer
        self._skip_special_tokens = skip_special_tokens
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
        tail = b""
        for token in reversed(prompt_tail):
            if len(tail) >= _LONGEST_CHARACTER:
                break
            tail = self._bytes(token) + tail
        self._at_start = not tail
        self._utf8.decode(tail)
        self._half = self._utf8.getstate()[0]  # of a character that the prompt began, and what has come to it since

    def feed(self, token: int) -> str:
        """The text that this token completes; often empty."""
        data = self._bytes(token)
        if not data:
            return ""
        if self._at_start:
            data = self._tokenizer.token_bytes(token, at_start=True)
            self._at_start = False
        return self._decode(data)

    def flush(self) -> str:
        """The answer ends here: U+FFFD if its last character is not whole."""
        return self._decode(b"", final=True)

    def _bytes(self, token: int) -> bytes:
        if self._skip_special_tokens and self._tokenizer.is_special(token):
            return b""
        return self._tokenizer.token_bytes(token)

    def _decode(self, data: bytes, *, final: bool = False) -> str:
        text = self._utf8.decode(data, final)
        if self._half:
            self._half += data
            if text:
                broken = text.startswith(_REPLACEMENT) and not self._half.startswith(_REPLACEMENT.encode())
                self._half = b""
                return text[broken:]
        return text
