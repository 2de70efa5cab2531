"""The served models that help to choose passages: the default embedder and the default re-ranker, if there are any.

Only a model that is loaded helps, and only while it has room: a request for an answer never waits for another model's
load, and is never refused because of it. A model whose vocabulary lacks the question's script does not help either: an
English embedder moves the right one of 1,000 Chinese passages from the first place in half of all cases. BM25 decides
without them.
"""

from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import uuid4

from service.api.call import Call
from service.api.errors import ApiError
from service.api.requests.options import queue_place
from service.errors import ModelNotServed, ServiceError
from service.models.capabilities import Capability
from service.serving.model import ServedModel
from service.tasks.answering.scorer import PassageScorers
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions, Vectors
from service.tasks.embedding.similarity import cosine
from service.tasks.encoding.request import PreparedEncoding, Result
from service.tasks.encoding.truncation import Truncation
from service.tasks.reranking.reranker import Reranker, RerankingOptions


def passage_scorers(call: Call) -> PassageScorers:
    """The models that help a request now."""
    embedder, reranker = _ready(call, Capability.EMBED), _ready(call, Capability.RERANK)
    return PassageScorers(
        embedder=_ByVectors(call, embedder) if embedder else None,
        reranker=_ByPairs(call, reranker) if reranker else None,
    )


def _ready(call: Call, capability: Capability) -> ServedModel | None:
    try:
        model = call.state.registry.find(None, capability).base
    except ModelNotServed:
        return None
    return model if model.is_ready and capability in model.capabilities else None


@dataclass(frozen=True, slots=True)
class _ByVectors:
    """The cosine of the vectors of the question and of each passage. Implements ``ScorePassages``."""

    call: Call
    model: ServedModel

    async def __call__(self, question: str, passages: Sequence[str]) -> Sequence[float] | None:
        def prepared(texts: Sequence[str], options: EmbeddingOptions) -> Awaitable[PreparedEncoding[Vectors]]:
            id = f"embd-{uuid4().hex}"
            return self.model.task(Embedder).prepare(texts, options, request_id=id, param="documents")

        place = queue_place(self.call.caller)
        asks = EmbeddingOptions(input_type="query", truncation=Truncation.END, **place)
        tells = EmbeddingOptions(input_type="passage", truncation=Truncation.END, **place)
        try:
            with self.model.lease():
                if not self.model.task(Embedder).can_read(question):
                    return None
                query = await _result(self.call, self.model, await prepared([question], asks))
                vectors = await _result(self.call, self.model, await prepared(passages, tells))
        except (ApiError, ServiceError):
            return None
        return [float(score) for score in cosine(vectors, query.repeat(len(vectors), axis=0))]


@dataclass(frozen=True, slots=True)
class _ByPairs:
    """The re-ranker's score of the question with each passage. Implements ``ScorePassages``."""

    call: Call
    model: ServedModel

    async def __call__(self, question: str, passages: Sequence[str]) -> Sequence[float] | None:
        options = RerankingOptions(raw=True, **queue_place(self.call.caller))
        pairs = [(question, passage) for passage in passages]
        try:
            with self.model.lease():
                reranker = self.model.task(Reranker)
                if not reranker.can_read(question):
                    return None
                prepared = await reranker.prepare(pairs, options, request_id=f"rank-{uuid4().hex}", param="documents")
                scores = await _result(self.call, self.model, prepared)
        except (ApiError, ServiceError):
            return None
        return [float(score) for score in scores]


async def _result(call: Call, model: ServedModel, prepared: PreparedEncoding[Result]) -> Result:
    """The result of prepared inputs, which are admitted like those of any request. Raises ApiError, ProcessError."""
    with ExitStack() as owned:
        owned.enter_context(call.state.admissions[model.name].admit(prepared.cost))
        return await owned.enter_context(await prepared.start()).result()
