"""Fill-in-the-middle: prompts of models that write the text between a prefix and a suffix.

A model that was trained for it has three marks in its vocabulary. The marks are tokens of their own; the text between
them is tokenized without special tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class FillInFormat:
    """The tokens of the marks. Without a ``middle`` mark the prefix comes last, and the model continues it.

    ``ends`` are tokens after which nothing of the middle follows: the marks, and the model's own end of a middle.
    """

    prefix: int
    suffix: int
    middle: int | None
    ends: tuple[int, ...]

    @classmethod
    def find(cls, token_id: Callable[[str], int | None]) -> Self | None:
        """The format of a vocabulary; None if it has no marks."""
        for prefix, suffix, middle, others in _MARKS:
            marks = [token_id(mark) for mark in (prefix, suffix, *filter(None, [middle]))]
            if all(id is not None for id in marks):
                ids = [id for id in (*marks, *map(token_id, others)) if id is not None]
                return cls(ids[0], ids[1], ids[2] if middle else None, tuple(ids))
        return None

    def prompt(self, start: Sequence[int], prefix: Sequence[int], suffix: Sequence[int]) -> list[int]:
        """The tokens of a prompt for the text between ``prefix`` and ``suffix``. ``start`` begins every text."""
        if self.middle is None:
            return [*start, self.suffix, *suffix, self.prefix, *prefix]
        return [*start, self.prefix, *prefix, self.suffix, *suffix, self.middle]


# The marks of prefix, suffix and middle, and tokens that end a middle.
_MARKS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    # Qwen Coder, CodeGemma
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", ("<|fim_pad|>", "<|file_sep|>", "<|file_separator|>")),
    # StarCoder, Granite
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", ("<fim_pad>", "<file_sep>")),
    # SantaCoder
    ("<fim-prefix>", "<fim-suffix>", "<fim-middle>", ("<fim-pad>",)),
    # DeepSeek Coder
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", ()),
    # CodeLlama
    ("▁<PRE>", "▁<SUF>", "▁<MID>", ("▁<EOT>",)),
    # Codestral
    ("[PREFIX]", "[SUFFIX]", "", ()),
)
