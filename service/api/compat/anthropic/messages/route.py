"""``POST /v1/messages``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.anthropic.error_format import NO_THREADS, AnthropicRoute
from service.api.compat.anthropic.events import NAMED_EVENTS
from service.api.compat.anthropic.messages import response
from service.api.compat.anthropic.messages.request import EXAMPLES, MessagesRequest
from service.api.compat.anthropic.messages.writer import MessageWriter
from service.api.errors import ApiError
from service.api.openapi.responses import openapi_responses
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.conversation.chat import Chat
from service.tasks.conversation.turns import PreparedTurns

router = APIRouter(tags=["anthropic"], route_class=AnthropicRoute, dependencies=[requires(Scope.GENERATE)])


@router.post("/v1/messages", summary="Answer a conversation, as Anthropic does")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS, form=NAMED_EVENTS)
async def messages(body: Annotated[MessagesRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """Anthropic's messages, with tools, thoughts and structured output. Images, documents and tools that Anthropic's
    servers run are refused by name.

    The input of a call always validates against the schema of its tool. The prefix cache needs no `cache_control`.
    """
    call.check(body)
    if body.thread is not None:
        raise ApiError(400, "thread: no conversation is kept here; send all of it", param="thread", code=NO_THREADS)
    model = call.model(body.model, Capability.CHAT)
    options = call.options(body.sampling(), temperature=1.0, max_tokens=body.max_tokens)
    options = options.with_values(fill_context=True, structure=body.structure())
    conversation = body.conversation()
    id = f"msg_{uuid4().hex}"
    writer = MessageWriter(id=id, model=model.name, max_tokens=body.max_tokens, shows_thoughts=body.shows_thoughts)

    async def prepare() -> PreparedTurns:
        return await call.note_ignored(model.task(Chat).prepare(conversation, options, id))

    if body.stream:
        return await call.stream(model, prepare, writer, form=NAMED_EVENTS)
    return await call.answer(model, prepare, writer)
