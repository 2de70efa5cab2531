"""The special tokens around the texts of an encoder's input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import tokenizers

from service.encoder.messages import EncoderInput


@dataclass(frozen=True, slots=True)
class Frame:
    """The special tokens around one text, or around the two texts of a pair.

    ``special`` has one part more than there are texts: before, between and behind them. ``types`` has the type of each
    text's tokens.
    """

    special: tuple[EncoderInput, ...]
    types: tuple[int, ...]

    @classmethod
    def from_library(cls, library: tokenizers.Tokenizer, texts: int, *, with_types: bool) -> Self:
        """The frame that a tokenizer puts around one text or two (``texts``). Without types, all types are 0.

        Raises ValueError if the tokenizer cannot combine so many texts.
        """
        encoding = library.encode("a", "a" if texts == 2 else None)
        places = [
            [index for index, text in enumerate(encoding.sequence_ids) if text == number] for number in range(texts)
        ]
        if not all(places):
            raise ValueError(f"the tokenizer makes no row of {texts} texts")
        types = encoding.type_ids if with_types else [0] * len(encoding.ids)
        starts = [0, *(indices[-1] + 1 for indices in places)]
        ends = [*(indices[0] for indices in places), len(encoding.ids)]
        special = tuple(
            EncoderInput(tuple(encoding.ids[start:end]), tuple(types[start:end]))
            for start, end in zip(starts, ends, strict=True)
        )
        return cls(special, tuple(types[indices[0]] for indices in places))

    def __len__(self) -> int:
        """The number of special tokens."""
        return sum(len(part.tokens) for part in self.special)

    def around(self, *texts: Sequence[int]) -> EncoderInput:
        """The input for the tokens of the texts."""
        tokens, types = list(self.special[0].tokens), list(self.special[0].types)
        for text, type_id, part in zip(texts, self.types, self.special[1:], strict=True):
            tokens += text
            types += [type_id] * len(text)
            tokens += part.tokens
            types += part.types
        return EncoderInput(tuple(tokens), tuple(types))

    def surrounds(self, tokens: Sequence[int]) -> bool:
        """Whether these tokens begin and end with the special tokens of one text."""
        before, after = (part.tokens for part in self.special)
        inside = len(tokens) - len(after)
        return inside >= len(before) and tuple(tokens[: len(before)]) == before and tuple(tokens[inside:]) == after
