"""Answers a payload of the task text-classification."""

from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from service.api.call import Call
from service.api.compat.huggingface.classification.request import ClassificationParameters, TextClassificationRequest
from service.api.compat.huggingface.classification.response import LabelsWriter
from service.api.requests.bodies import validated
from service.api.requests.encoder_texts import check_texts
from service.api.requests.options import check_limit, queue_place
from service.models.capabilities import Capability
from service.tasks.classification.classifier import ClassificationOptions, Classifier, RankedLabels
from service.tasks.classification.output_function import OutputFunction
from service.tasks.encoding.request import PreparedEncoding
from service.tasks.encoding.truncation import Truncation


async def classify_texts(payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """The labels of the payload's texts or pairs of texts."""
    body = validated(TextClassificationRequest, payload)
    call.check(body)
    settings, parameters = call.state.settings, body.parameters or ClassificationParameters()
    texts = [text for text in body.inputs if isinstance(text, str)]
    pairs = [pair for pair in body.inputs if not isinstance(pair, str)]
    check_limit("inputs", len(pairs), settings.max_inputs, "pairs")
    check_texts("inputs", texts, settings)
    check_texts("inputs", [text for pair in pairs for text in pair], settings)
    function = parameters.function_to_apply
    options = ClassificationOptions(
        truncation=Truncation.END if parameters.truncate else Truncation.NONE,
        function=None if function is None else OutputFunction(function),
        **queue_place(call.caller),
    )
    request_id = f"class-{uuid4().hex}"
    model = call.model(model_name, Capability.CLASSIFY)

    def prepare() -> Awaitable[PreparedEncoding[RankedLabels]]:
        classifier = model.task(Classifier)
        if pairs:
            return classifier.prepare_pairs(pairs, options, request_id=request_id, param="inputs")
        return classifier.prepare(texts, options, request_id=request_id, param="inputs")

    return await call.answer(model, prepare, LabelsWriter(parameters.top_k))
