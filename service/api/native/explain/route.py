"""``POST /v1/explain``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.native.explain import response
from service.api.native.explain.request import EXAMPLES, ExplainRequest
from service.api.openapi.responses import openapi_responses
from service.api.requests.options import check_limit, least_urgent_options
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.explanation.explainer import Explainer

TOP_LOGPROBS = 5

router = APIRouter(tags=["native"], dependencies=[requires(Scope.GENERATE)])


@router.post("/v1/explain", summary="Explain the tokens of a text")
@openapi_responses(response.EXAMPLE)
async def explain(body: Annotated[ExplainRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """How likely each token of a `text` is after the tokens before it, with the likeliest alternatives.

    With the index of a `token`, also which of the last 128 tokens before it make it likely: each is left out in turn,
    and its score is how much the log probability of `token` falls. The work is the least urgent of all.
    """
    call.check(body)
    model = call.model(body.model, Capability.GENERATE)
    limit = call.state.settings.max_logprobs
    check_limit("top_logprobs", body.top_logprobs or 0, limit)
    num_top = min(TOP_LOGPROBS, limit) if body.top_logprobs is None else body.top_logprobs
    options = least_urgent_options(call.caller, cache_salt=body.cache_salt)
    id = f"explain-{uuid4().hex}"
    return await call.answer(
        model,
        lambda: model.task(Explainer).prepare(body.text, options, token=body.token, num_top=num_top, request_id=id),
        response.ExplainWriter(id=id, model=model.name, num_top=num_top),
    )
