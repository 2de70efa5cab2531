"""``POST /api/chat``."""

from functools import partial
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.ollama.chat import response
from service.api.compat.ollama.chat.request import EXAMPLES, OllamaChatRequest
from service.api.compat.ollama.durations import Stopwatch, now
from service.api.compat.ollama.error_format import OllamaRoute
from service.api.compat.ollama.lines import LINES
from service.api.compat.ollama.loading import load
from service.api.compat.ollama.names import pick_model
from service.api.compat.ollama.options import ModelOptions
from service.api.compat.ollama.text_options import text_options
from service.api.openapi.responses import openapi_responses
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.conversation.chat import Chat

router = APIRouter(tags=["ollama"], route_class=OllamaRoute, dependencies=[requires(Scope.GENERATE)])


@router.post("/api/chat", summary="Answer a conversation, as Ollama does")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_LINES, form=LINES)
async def chat(body: Annotated[OllamaChatRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """Answer `messages` line by line, or with `stream` false as one object. Images are refused.

    Without messages the model is loaded.
    """
    stopwatch = Stopwatch()
    call.check(body)
    model = pick_model(call, body, Capability.CHAT)
    if not body.messages:
        await load(call, model)
        message = response.OllamaMessage("assistant", "")
        return call.json(
            response.OllamaChatResponse(
                model=model.name, created_at=now(), message=message, done=True, done_reason="load"
            )
        )
    conversation = body.conversation()
    options = text_options(call, body, body.options or ModelOptions())
    id = f"chat-{uuid4().hex}"
    writer = response.OllamaChatWriter(model.name, stopwatch)
    reply = partial(call.stream, form=LINES) if body.streams else call.answer
    return await reply(model, lambda: call.note_ignored(model.task(Chat).prepare(conversation, options, id)), writer)
