"""A question and a text as one row of tokens, as a model with a question-answering head reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import tokenizers

from service.encoder.messages import EncoderInput
from service.errors import InvalidPrompt, UnsupportedModel


@dataclass(frozen=True, slots=True)
class QuestionFrame:
    """The tokens of a row before and after its text: the question and the special tokens."""

    before: EncoderInput
    after: EncoderInput
    text_type: int  # the type id of the text's tokens

    def __len__(self) -> int:
        return len(self.before.tokens) + len(self.after.tokens)

    def row(self, tokens: Sequence[int]) -> EncoderInput:
        """The whole row for the tokens of a text."""
        types = (self.text_type,) * len(tokens)
        return EncoderInput(
            (*self.before.tokens, *tokens, *self.after.tokens), (*self.before.types, *types, *self.after.types)
        )


@dataclass(frozen=True, slots=True)
class TextTokens:
    """The token ids of a text, and the (start, end) of each token in it, in characters."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class PairTokenizer:
    """Tokenizes pairs of a question and a text. Use ``PairTokenizer.load(path)`` for a model directory."""

    def __init__(self, library: tokenizers.Tokenizer) -> None:
        """Raises UnsupportedModel if a pair does not begin with a special token, whose score means no answer."""
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

    def frame(self, question: str) -> QuestionFrame:
        """The row of a question, without a text. Raises InvalidPrompt if it holds half a surrogate pair."""
        pair = self._encode(question, "a")
        first = pair.sequence_ids.index(1)
        last = len(pair.ids) - pair.sequence_ids[::-1].index(1)
        before = EncoderInput(tuple(pair.ids[:first]), tuple(pair.type_ids[:first]))
        after = EncoderInput(tuple(pair.ids[last:]), tuple(pair.type_ids[last:]))
        return QuestionFrame(before, after, pair.type_ids[first])

    def tokens(self, text: str) -> TextTokens:
        """The tokens of a text, without special tokens. Raises InvalidPrompt like ``frame``."""
        encoding = self._encode(text)
        return TextTokens(encoding.ids, encoding.offsets)

    def _encode(self, text: str, pair: str | None = None) -> tokenizers.Encoding:
        try:
            # A batch of one, because only the library's calls for batches let other threads run.
            texts = [text if pair is None else (text, pair)]
            return self._library.encode_batch(texts, add_special_tokens=pair is not None)[0]
        except TypeError as error:
            raise InvalidPrompt("the text is not valid Unicode: it holds half a surrogate pair") from error
