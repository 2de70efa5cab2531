"""``POST /v1/generate``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.native.generate import response
from service.api.native.generate.request import EXAMPLES, GenerateRequest
from service.api.openapi.responses import openapi_responses
from service.api.requests.options import check_limit
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.prepared import PreparedCompletion

TEMPERATURE = 0.7  # at 1, the output of small models is often incoherent

router = APIRouter(tags=["native"], dependencies=[requires(Scope.GENERATE)])


@router.post("/v1/generate", summary="Generate text")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS)
async def generate(body: Annotated[GenerateRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """Continue a `prompt` as it is, or answer `messages` through the model's chat template.

    `temperature` is 0.7 unless given. With `num_return_sequences` the answer has all texts in `sequences`.
    """
    call.check(body)
    model = call.model(body.model, Capability.GENERATE if body.messages is None else Capability.CHAT)
    for name, value in (("num_beams", body.num_beams or 1), ("num_return_sequences", body.n)):
        check_limit(name, value, call.state.settings.max_n)
    options = call.options(
        body,
        temperature=TEMPERATURE,
        max_tokens=body.length,
        max_tokens_param=body.length_param,
        n=body.n,
        beams=body.beams,
        beams_param="num_beams",
    )
    id = f"gen-{uuid4().hex}"
    writer = response.GenerateWriter(id=id, model=model.name)
    reply = call.stream if body.stream else call.answer
    return await reply(
        model, lambda: _prepare(body, model.task(Generator), options, id), writer, sequences=options.num_sequences
    )


async def _prepare(body: GenerateRequest, generator: Generator, options: Options, id: str) -> PreparedCompletion:
    if body.messages is not None:
        request = await generator.from_messages([message.turn() for message in body.messages], options)
    else:
        request = await generator.from_prompt(body.prompt or "", options)
    return PreparedCompletion(generator, [request], id)
