"""A question and the documents that may hold its answer."""

from dataclasses import dataclass
from typing import Literal

from service.tasks.answering.scorer import BM25_ALONE, PassageScorers

Mode = Literal["auto", "extractive", "generative"]
Retrieval = Literal["auto", "words", "off"]
Format = Literal["text", "html"]

MAX_ANSWER_LEN = 160  # characters of an extracted answer, if the client sets no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextDocument:
    """A text with the id that the client gave it. ``id`` is empty where the request has a single ``context``."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of a conversation and its answer, which is empty if there was none."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question. Without ``documents`` the model answers from what it knows.

    ``mode`` "auto" is extractive if there are documents, else generative. If the probability of no answer is at least
    ``no_answer_threshold``, the answer is that there is none; None: the model's own threshold.
    ``max_answer_len`` is in characters, ``stride`` is the number of tokens that two windows of a document share.
    ``format`` is that of the documents. ``max_passages`` is the most windows that are read; which ones, ``retrieval``
    says: those that BM25 and the ``scorers`` rank first ("auto"), those that BM25 ranks first ("words"), or all
    ("off"). A question with a ``history``, the oldest exchange first, is written again before it is answered.
    """

    question: str
    documents: tuple[ContextDocument, ...] = ()
    mode: Mode = "auto"
    top_k: int = 1
    no_answer_threshold: float | None = None
    max_answer_len: int | None = None
    stride: int | None = None
    format: Format = "text"
    retrieval: Retrieval = "auto"
    max_passages: int | None = None
    scorers: PassageScorers = BM25_ALONE
    history: tuple[Exchange, ...] = ()

    @property
    def resolved_mode(self) -> Literal["extractive", "generative"]:
        """The mode, with "auto" resolved."""
        if self.mode == "auto":
            return "extractive" if self.documents else "generative"
        return self.mode

    @property
    def max_characters(self) -> int:
        """The most characters of an extracted answer."""
        return self.max_answer_len or MAX_ANSWER_LEN
