"""Byte-level BPE in plain Python: the reference that the converted tokenizers are compared with.

It uses the tokens, merges and token types of a GGUF file. It shares no code with the conversion, and uses neither
the tokenizers library nor transformers. The pre-tokenizer expressions are those of the models' original tokenizers, as
llama.cpp states them too.
"""

import unicodedata
from itertools import pairwise

import regex

from tests.model_store.tiny import byte_alphabet

CONTROL, USER_DEFINED = 3, 4
GPT2 = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
DIGIT = regex.compile(r"\p{N}|[^\p{N}]+")
QWEN2 = regex.compile(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class PlainBpe:
    """``encode`` and ``decode`` as byte-level BPE is defined, one merge at a time."""

    def __init__(self, metadata: dict) -> None:
        self._tokens: list[str] = metadata["tokenizer.ggml.tokens"]
        kinds = metadata["tokenizer.ggml.token_type"]
        self._pre = metadata["tokenizer.ggml.pre"]
        self._ids = {token: index for index, token in enumerate(self._tokens)}
        self._ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(metadata["tokenizer.ggml.merges"])}
        self._chars = byte_alphabet()
        self._bytes = {char: byte for byte, char in enumerate(self._chars)}
        self.added = {token for token, kind in zip(self._tokens, kinds, strict=True) if kind in {CONTROL, USER_DEFINED}}
        longest_first = sorted(self.added, key=len, reverse=True)
        self._added_pattern = regex.compile("(" + "|".join(regex.escape(token) for token in longest_first) + ")")

    def encode(self, text: str) -> list[int]:
        ids = []
        for segment in self._added_pattern.split(text):
            if segment in self.added:
                ids.append(self._ids[segment])
            else:
                ids += [self._ids[token] for word in self._words(segment) for token in self._merge(word)]
        return ids

    def decode(self, ids: list[int]) -> str:
        parts = []
        for index in ids:
            token = self._tokens[index]
            parts.append(token.encode() if token in self.added else bytes(self._bytes[char] for char in token))
        return b"".join(parts).decode("utf-8", errors="replace")

    def _words(self, text: str) -> list[str]:
        if self._pre == "qwen2":
            return QWEN2.findall(unicodedata.normalize("NFC", text))
        assert self._pre == "smollm"
        return [word for piece in DIGIT.findall(text) for word in GPT2.findall(piece)]

    def _merge(self, word: str) -> list[str]:
        parts = [self._chars[byte] for byte in word.encode()]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(range(len(pairs)), key=lambda at: (self._ranks.get(pairs[at], len(self._ranks)), at))
            if pairs[best] not in self._ranks:
                break
            parts[best : best + 2] = ["".join(pairs[best])]
        return parts
