"""Fill-in-the-middle: prompts of models that write the text between a prefix and a suffix.

A model that was trained for it has three marks in its vocabulary. The marks are tokens of their own; the text between
them is tokenized without special tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What surrounds a text that is asked for, beside the text before it. ``param`` is the field that errors name.

    ``beginning`` begins the text itself. ``files`` are others of the same repository: their names and texts.
    """

    suffix: str
    beginning: str = ""
    files: Sequence[tuple[str, str]] = ()
    param: str = "suffix"


@dataclass(frozen=True, slots=True)
class FillInFormat:
    """The tokens of the marks. Without a ``middle`` mark the prefix comes last, and the model continues it.

    ``ends`` are tokens after which nothing of the middle follows: the marks, and the model's own end of a middle.
    ``repository`` and ``file`` come before the names of a repository and of its files, if the model was trained so.
    """

    prefix: int
    suffix: int
    middle: int | None
    ends: tuple[int, ...]
    repository: int | None = None
    file: int | None = None

    @classmethod
    def find(cls, token_id: Callable[[str], int | None]) -> Self | None:
        """The format of a vocabulary; None if it has no marks."""
        for prefix, suffix, middle, others in _MARKS:
            marks = [token_id(mark) for mark in (prefix, suffix, *filter(None, [middle]))]
            if all(id is not None for id in marks):
                ids = [id for id in (*marks, *map(token_id, others)) if id is not None]
                repository, file = map(token_id, _FILES)
                return cls(ids[0], ids[1], ids[2] if middle else None, tuple(ids), repository, file)
        return None

    def prompt(self, start: Sequence[int], prefix: Sequence[int], suffix: Sequence[int]) -> list[int]:
        """The tokens of a prompt for the text between ``prefix`` and ``suffix``. ``start`` begins every text."""
        if self.middle is None:
            return [*start, self.suffix, *suffix, self.prefix, *prefix]
        return [*start, self.prefix, *prefix, self.suffix, *suffix, self.middle]


# Before the names of a repository and of its files: Qwen Coder. Other models have other arrangements, or none.
_FILES = ("<|repo_name|>", "<|file_sep|>")

# The marks of prefix, suffix and middle, and tokens that end a middle.
_MARKS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    # Qwen Coder, CodeGemma, Granite 3.3 and later
    (
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        ("<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|file_separator|>", "<|filename|>", "<|reponame|>"),
    ),
    # StarCoder, StarCoder 2, Granite Code
    (
        "<fim_prefix>",
        "<fim_suffix>",
        "<fim_middle>",
        ("<fim_pad>", "<repo_name>", "<file_sep>", "<reponame>", "<filename>"),
    ),
    # SantaCoder
    ("<fim-prefix>", "<fim-suffix>", "<fim-middle>", ("<fim-pad>",)),
    # DeepSeek Coder: the hole stands between prefix and suffix, and the end asks for what was there
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", ()),
    # GLM-4.5 and later
    ("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", ()),
    # Falcon-H1-Tiny-Coder
    ("<|prefix|>", "<|suffix|>", "<|middle|>", ()),
    # CodeLlama
    ("▁<PRE>", "▁<SUF>", "▁<MID>", ("▁<EOT>",)),
    # Codestral
    ("[PREFIX]", "[SUFFIX]", "", ("[MIDDLE]",)),
)
