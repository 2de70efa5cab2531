"""``POST /v1/messages/count_tokens``."""

from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.anthropic.count_tokens.request import EXAMPLES, CountTokensRequest
from service.api.compat.anthropic.count_tokens.response import EXAMPLE, CountTokensResponse
from service.api.compat.anthropic.error_format import AnthropicRoute
from service.api.openapi.responses import openapi_responses
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.conversation.chat import Chat

router = APIRouter(tags=["anthropic"], route_class=AnthropicRoute, dependencies=[requires(Scope.GENERATE)])


@router.post("/v1/messages/count_tokens", summary="Count the tokens of a conversation")
@openapi_responses(EXAMPLE)
async def count_tokens(
    body: Annotated[CountTokensRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall
) -> Response:
    """The tokens that the prompt of `/v1/messages` would have, cached ones included. Nothing is generated."""
    call.check(body)
    model = call.model(body.model, Capability.CHAT)
    conversation = body.conversation()
    with await call.lease(model):
        return call.json(CountTokensResponse(await model.task(Chat).count(conversation)))
