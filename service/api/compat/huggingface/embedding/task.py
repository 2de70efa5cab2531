"""Answers payloads of the tasks feature-extraction and sentence-similarity."""

from typing import Any
from uuid import uuid4

from starlette.responses import Response

from service.api.call import Call
from service.api.compat.huggingface.embedding.request import (
    EmbeddingParameters,
    FeatureExtractionRequest,
    SentenceSimilarityRequest,
)
from service.api.compat.huggingface.embedding.response import SimilaritiesWriter, VectorsWriter
from service.api.requests.bodies import validated
from service.api.requests.encoder_texts import check_texts
from service.api.requests.options import queue_place
from service.models.capabilities import Capability
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions


async def extract_features(payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """The vectors of the payload's texts."""
    body = validated(FeatureExtractionRequest, payload)
    call.check(body)
    check_texts("inputs", body.texts, call.state.settings)
    parameters = body.parameters or body
    options = EmbeddingOptions(
        prompt_name=parameters.prompt_name,
        truncation=parameters.truncation,
        dimensions=parameters.dimensions,
        normalize=parameters.normalize,
        **queue_place(call.caller),
    )
    request_id = f"embd-{uuid4().hex}"
    model = call.model(model_name, Capability.EMBED)
    return await call.answer(
        model,
        lambda: model.task(Embedder).prepare(body.texts, options, request_id=request_id, param="inputs"),
        VectorsWriter(),
    )


async def compare_sentences(payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """The similarity of the payload's sentence to each of the others."""
    body = validated(SentenceSimilarityRequest, payload)
    call.check(body)
    inputs, parameters = body.inputs, body.parameters or EmbeddingParameters()
    check_texts("inputs.sentences", inputs.sentences, call.state.settings)
    check_texts("inputs.source_sentence", [inputs.source_sentence], call.state.settings)
    options = EmbeddingOptions(
        prompt_name=parameters.prompt_name, truncation=parameters.truncation, **queue_place(call.caller)
    )
    pairs = [(inputs.source_sentence, sentence) for sentence in inputs.sentences]
    request_id = f"sim-{uuid4().hex}"
    model = call.model(model_name, Capability.EMBED)
    return await call.answer(
        model,
        lambda: model.task(Embedder).prepare_similarity(
            pairs, options, request_id=request_id, param="inputs.sentences"
        ),
        SimilaritiesWriter(),
    )
