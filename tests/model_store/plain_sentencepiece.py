"""SentencePiece's BPE in plain Python: the reference that the converted tokenizers are compared with.

It uses the tokens, scores and token types of a GGUF file, and finds at each step the two neighbours whose joined piece
has the best score, as SentencePiece and llama.cpp do. It shares no code with the conversion, and uses neither the
tokenizers library nor transformers.
"""

from itertools import pairwise

import regex

NORMAL, CONTROL, USER_DEFINED, BYTE = 1, 3, 4, 6


class PlainSentencePiece:
    """``encode`` and ``decode`` as SentencePiece's BPE is defined, one joint at a time."""

    def __init__(self, metadata: dict) -> None:
        self._tokens: list[str] = metadata["tokenizer.ggml.tokens"]
        self._kinds: list[int] = metadata["tokenizer.ggml.token_type"]
        self._ids = {token: index for index, token in enumerate(self._tokens)}
        rows = zip(self._tokens, metadata["tokenizer.ggml.scores"], self._kinds, strict=True)
        self._scores = {token: score for token, score, kind in rows if kind == NORMAL}
        self._first = [metadata["tokenizer.ggml.bos_token_id"]] if metadata["tokenizer.ggml.add_bos_token"] else []
        self.added = {
            token for token, kind in zip(self._tokens, self._kinds, strict=True) if kind in {CONTROL, USER_DEFINED}
        }
        longest_first = sorted(self.added, key=len, reverse=True)
        self._added_pattern = regex.compile("(" + "|".join(regex.escape(token) for token in longest_first) + ")")

    def encode(self, text: str) -> list[int]:
        ids = list(self._first)
        for segment in self._added_pattern.split(text):
            if segment in self.added:
                ids.append(self._ids[segment])
            else:
                ids += [index for piece in self._join(segment.replace(" ", "▁")) for index in self._ids_of(piece)]
        return ids

    def decode(self, ids: list[int]) -> str:
        return b"".join(map(self._bytes_of, ids)).decode("utf-8", errors="replace")

    def _join(self, text: str) -> list[str]:
        parts = list(text)
        while True:
            joined = [(self._scores[a + b], -at) for at, (a, b) in enumerate(pairwise(parts)) if a + b in self._scores]
            if not joined:
                return parts
            at = -max(joined)[1]
            parts[at : at + 2] = [parts[at] + parts[at + 1]]

    def _ids_of(self, piece: str) -> list[int]:
        if piece in self._ids:
            return [self._ids[piece]]
        return [self._ids[f"<0x{byte:02X}>"] for byte in piece.encode()]

    def _bytes_of(self, index: int) -> bytes:
        token = self._tokens[index]
        if self._kinds[index] == BYTE:
            return bytes([int(token[3:5], 16)])
        return (token if token in self.added else token.replace("▁", " ")).encode()
