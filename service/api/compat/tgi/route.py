"""``POST /generate``, ``POST /generate_stream``, ``POST /chat_tokenize`` and ``GET /info``."""

from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import ANY_KEY, ANY_TASK, requires
from service.api.call import CurrentCall
from service.api.compat.tgi import chat_tokenize as tokens
from service.api.compat.tgi import response
from service.api.compat.tgi.error_format import TextRoute
from service.api.compat.tgi.generation import EVENTS, generate
from service.api.compat.tgi.info import EXAMPLE_INFO, TgiInfoResponse
from service.api.compat.tgi.request import EXAMPLES, TgiRequest
from service.api.errors import invalid
from service.api.openapi.responses import openapi_responses
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.generation.generator import Generator

router = APIRouter(tags=["tgi"], route_class=TextRoute)

_Body = Annotated[TgiRequest, Body(openapi_examples=EXAMPLES)]


@router.post("/generate", summary="Continue a prompt, as TGI does", dependencies=[requires(Scope.GENERATE)])
@openapi_responses(response.EXAMPLE)
async def generate_text(body: _Body, call: CurrentCall) -> Response:
    """The text that continues `inputs`. Without `do_sample` or a temperature it is greedy. `typical_p` and `watermark`
    are refused. Headers such as `x-inference-time` have the timings.
    """
    if body.stream:
        raise invalid("stream", "stream: use POST /generate_stream")
    return await generate(body, call, stream=False)


@router.post("/generate_stream", summary="Continue a prompt, token by token", dependencies=[requires(Scope.GENERATE)])
@openapi_responses(events=response.EXAMPLE_EVENTS, form=EVENTS)
async def generate_text_stream(body: _Body, call: CurrentCall) -> Response:
    """An event for each token. The last one has the whole text, and there is no end mark after it."""
    if body.stream is False:
        raise invalid("stream", "stream: use POST /generate")
    return await generate(body, call, stream=True)


@router.post("/chat_tokenize", summary="Messages to tokens, as TGI does", dependencies=[ANY_TASK])
@openapi_responses(tokens.EXAMPLE)
async def chat_tokenize(
    body: Annotated[tokens.ChatTokenizeRequest, Body(openapi_examples=tokens.EXAMPLES)], call: CurrentCall
) -> Response:
    """The prompt that the chat template makes of messages, and its tokens."""
    call.check(body)
    model = call.model(body.model, Capability.CHAT)
    with await call.lease(model):
        return call.json(await tokens.tokenize_chat(body, model.task(Generator).tokenizer))


@router.get("/info", summary="The model and the limits, as TGI reports them", dependencies=[ANY_KEY])
@openapi_responses(EXAMPLE_INFO, errors=(404,))
async def info(call: CurrentCall) -> Response:
    """The model that generates text, unless a request names another one, and what a request may ask for."""
    return call.json(TgiInfoResponse.of(call.model(None, Capability.GENERATE), call.state))
