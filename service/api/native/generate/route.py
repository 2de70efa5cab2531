"""``POST /v1/generate``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, requires
from service.api.native.generate.format import NativeFormat
from service.api.native.requests import GenerateRequest
from service.api.openapi import examples
from service.api.openapi.response_models import Generated
from service.api.openapi.responses import answers
from service.api.replies.reply import Texts, reply
from service.api.requests.checks import checked
from service.api.requests.options import to_options
from service.api.state import Service
from service.keys.key import Scope
from service.tasks.generation.cost import Cost

TEMPERATURE = 0.7  # small models lose the thread at 1

router = APIRouter(tags=["native"], dependencies=[requires(Scope.GENERATE)])


@router.post(
    "/v1/generate",
    summary="Generate text",
    responses=answers(Generated, examples.GENERATED, stream=examples.GENERATED_STREAM),
)
async def generate(
    body: Annotated[GenerateRequest, Body(openapi_examples=examples.GENERATE)],
    http: Request,
    state: Service,
    caller: CurrentCaller,
) -> Response:
    """Continue a `prompt` as it is, or answer `messages` through the model's chat template.

    `temperature` is 0.7 unless given.
    """
    headers = checked(body, state)
    options = to_options(body, state.settings, caller, temperature=TEMPERATURE, max_tokens=body.length)
    if body.messages is not None:
        request = await state.generator.from_messages([message.turn() for message in body.messages], options)
    else:
        request = await state.generator.from_prompt(body.prompt or "", options)
    id = f"gen-{uuid4().hex}"

    async def start() -> Texts:
        return state.generator.start([request], id)

    format = NativeFormat(id=id, model=state.model_name, key="text")
    return await reply(
        http, state, start, format, cost=Cost.from_requests([request]), stream=bool(body.stream), headers=headers
    )
