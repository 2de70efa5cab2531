"""The passages that are read for one question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.errors import InvalidOption
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.query import Query
from service.tasks.answering.retrieval.retriever import rank_passages
from service.traces.span import traced

Passage = TypeVar("Passage")


@dataclass(frozen=True, slots=True)
class ChosenPassages(Generic[Passage]):
    """Passages in the order of the documents, and the rank of each by its relevance: 0 for the most relevant.

    The ranks are None if the passages were not compared with the question.
    """

    passages: Sequence[Passage]
    ranks: Sequence[int | None]


async def choose_passages(
    query: Query, passages: Sequence[Passage], limits: WindowLimits, text: Callable[[Passage], str], *, usual: int
) -> ChosenPassages[Passage]:
    """The most relevant passages, or all of them if the client turns retrieval off; ``text`` is the text of a passage.

    There are ``usual`` ones, unless the client sets another number.
    Raises InvalidOption ("retrieval") if there are more passages than may be read without retrieval.
    """
    most = min(query.max_passages or usual, limits.max_windows)
    if query.retrieval == "off":
        if len(passages) > limits.max_windows:
            message = f"the documents have {len(passages)} passages; without retrieval {limits.max_windows} can be read"
            raise InvalidOption(message, param="retrieval")
        return ChosenPassages(passages, [None] * len(passages))
    if len(passages) < 2:
        return ChosenPassages(passages, [0] * len(passages))
    with traced("retrieval", {"trivium.passages": len(passages)}):
        ranked = await rank_passages(query.question, [text(passage) for passage in passages], most, query.scorers)
    ranks = {index: rank if ranked.is_compared else None for rank, index in enumerate(ranked.indices)}
    chosen = sorted(ranks)
    return ChosenPassages([passages[index] for index in chosen], [ranks[index] for index in chosen])
