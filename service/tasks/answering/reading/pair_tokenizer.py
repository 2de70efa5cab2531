"""A question and a text as one row of tokens, as a model with a question-answering head reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from service.encoder.messages import EncoderInput
from service.errors import UnsupportedModel
from service.tasks.encoding.frame import Frame
from service.tasks.encoding.tokenizer import EncoderTokenizer, TextTokens


@dataclass(frozen=True, slots=True)
class QuestionFrame:
    """The row of a question, without a text."""

    frame: Frame
    question: Sequence[int]

    def __len__(self) -> int:
        return len(self.frame) + len(self.question)

    @property
    def before(self) -> int:
        """The number of tokens before the text."""
        return len(self) - len(self.frame.special[-1].tokens)

    def row(self, tokens: Sequence[int]) -> EncoderInput:
        """The whole row for the tokens of a text."""
        return self.frame.around(self.question, tokens)


class PairTokenizer:
    """Tokenizes pairs of a question and a text. Use ``PairTokenizer.load(path)`` for a model directory."""

    def __init__(self, tokenizer: EncoderTokenizer) -> None:
        """Raises UnsupportedModel if a pair does not begin with a special token, whose score means no answer."""
        self._tokenizer = tokenizer
        if not tokenizer.pair.special[0].tokens:
            raise UnsupportedModel("the reader's tokenizer puts no special token before a question and its text")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises OSError, ValueError or UnsupportedModel if there is no usable tokenizer."""
        return cls(EncoderTokenizer.load(path))

    def frame(self, question: str) -> QuestionFrame:
        """The row of a question, without a text. Raises InvalidPrompt if it holds half a surrogate pair."""
        (tokens,) = self._tokenizer.tokens_in_this_thread([question])
        return QuestionFrame(self._tokenizer.pair, tokens)

    def tokens(self, text: str) -> TextTokens:
        """The tokens of a text, without special tokens. Raises InvalidPrompt like ``frame``."""
        return self._tokenizer.tokens_with_offsets(text)
