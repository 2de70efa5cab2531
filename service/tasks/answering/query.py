"""A question and what it may be answered from."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["auto", "extractive", "generative"]

LONGEST_SPAN = 160  # characters of an extracted answer, where the client names no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text with the name that the client has for it."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """``documents`` is empty where the model is to answer from itself; one ``context`` is a document without a name.

    ``mode`` auto: extractive where there are documents. ``no_answer_threshold`` is the no-answer probability from which
    on the answer is that there is none; None takes the model's own. ``max_answer_len`` is in characters.
    """

    question: str
    documents: tuple[Document, ...] = ()
    mode: Mode = "auto"
    top_k: int = 1
    no_answer_threshold: float | None = None
    max_answer_len: int | None = None
    stride: int | None = None  # tokens that two windows of a long document share

    @property
    def longest(self) -> int:
        """Characters of an extracted answer."""
        return self.max_answer_len or LONGEST_SPAN
