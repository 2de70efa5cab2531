"""A question and a text as one row of tokens, the way a model with a span head reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import tokenizers

from service.errors import InvalidPrompt, UnsupportedModel
from service.reader.messages import EncodedWindow


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and behind the text in a row: the question and the special tokens."""

    before: EncodedWindow
    after: EncodedWindow
    type: int  # of the text's own tokens

    def __len__(self) -> int:
        return len(self.before.tokens) + len(self.after.tokens)

    def around(self, tokens: Sequence[int]) -> EncodedWindow:
        """The row."""
        types = (self.type,) * len(tokens)
        return EncodedWindow(
            (*self.before.tokens, *tokens, *self.after.tokens), (*self.before.types, *types, *self.after.types)
        )


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, and where each of them stands in it, in characters."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class PairTokenizer:
    """Use ``PairTokenizer.load(path)`` for a model directory."""

    def __init__(self, library: tokenizers.Tokenizer) -> None:
        """Raises UnsupportedModel if pairs do not begin with the token whose score means that there is no answer."""
        library.no_truncation()
        library.no_padding()
        self._library = library
        pair = library.encode("a", "a")
        if not pair.ids or pair.sequence_ids[0] is not None or 1 not in pair.sequence_ids:
            raise UnsupportedModel("the reader's tokenizer puts no special token before a question and its text")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises OSError, ValueError or UnsupportedModel if there is no usable tokenizer."""
        return cls(tokenizers.Tokenizer.from_str((path / "tokenizer.json").read_text(encoding="utf-8")))

    def frame(self, question: str) -> Frame:
        """Raises InvalidPrompt if the question holds half a surrogate pair."""
        pair = self._encode(question, "a")
        first = pair.sequence_ids.index(1)
        last = len(pair.ids) - pair.sequence_ids[::-1].index(1)
        before = EncodedWindow(tuple(pair.ids[:first]), tuple(pair.type_ids[:first]))
        after = EncodedWindow(tuple(pair.ids[last:]), tuple(pair.type_ids[last:]))
        return Frame(before, after, pair.type_ids[first])

    def tokens(self, text: str) -> Tokens:
        """Raises as ``frame``."""
        encoding = self._encode(text)
        return Tokens(encoding.ids, encoding.offsets)

    def _encode(self, text: str, pair: str | None = None) -> tokenizers.Encoding:
        try:
            # As a batch of one: that lets other threads run meanwhile.
            texts = [text if pair is None else (text, pair)]
            return self._library.encode_batch(texts, add_special_tokens=pair is not None)[0]
        except TypeError as error:
            raise InvalidPrompt("the text is not valid Unicode: it holds half a surrogate pair") from error
