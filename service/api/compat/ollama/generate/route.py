"""``POST /api/generate``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall, Served
from service.api.compat.ollama.durations import Stopwatch, now
from service.api.compat.ollama.error_format import OllamaRoute
from service.api.compat.ollama.generate import response
from service.api.compat.ollama.generate.request import EXAMPLES, OllamaGenerateRequest
from service.api.compat.ollama.lines import LINES
from service.api.compat.ollama.loading import load
from service.api.compat.ollama.names import pick_model
from service.api.compat.ollama.options import ModelOptions
from service.api.compat.ollama.text_options import text_options
from service.api.errors import invalid
from service.api.openapi.responses import openapi_responses
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.prepared import PreparedCompletion
from service.tasks.text.fill_in import Gap

router = APIRouter(tags=["ollama"], route_class=OllamaRoute, dependencies=[requires(Scope.GENERATE)])


@router.post("/api/generate", summary="Answer or continue a prompt, as Ollama does")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_LINES, form=LINES)
async def generate(
    body: Annotated[OllamaGenerateRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall
) -> Response:
    """Answer a `prompt` through the model's chat template, line by line, or with `stream` false as one object.

    With `raw`, and for models without a chat template, the prompt is continued as it is. With `suffix` a model that can
    writes the text between the two. `template`, `images`, `think` and `context` are refused. Without a prompt the model
    is loaded.
    """
    stopwatch = Stopwatch()
    call.check(body)
    model = pick_model(call, body, Capability.GENERATE)
    if not body.prompt:
        await load(call, model)
        return call.json(
            response.OllamaGenerateResponse(
                model=model.name, created_at=now(), response="", done=True, done_reason="load"
            )
        )
    prompt, options = body.prompt, text_options(call, body, body.options or ModelOptions())
    id = f"gen-{uuid4().hex}"
    writer = response.OllamaGenerateWriter(model.name, stopwatch)
    if body.streams:
        return await call.stream(model, lambda: _prepare(body, prompt, model, options, id), writer, form=LINES)
    return await call.answer(model, lambda: _prepare(body, prompt, model, options, id), writer)


async def _prepare(
    body: OllamaGenerateRequest, prompt: str, model: Served, options: Options, id: str
) -> PreparedCompletion:
    generator = model.task(Generator)
    if body.suffix:
        request = await generator.from_prompt(prompt, options, gap=Gap(suffix=body.suffix))
    elif Capability.CHAT in model.capabilities and not body.raw:
        system = [{"role": "system", "content": body.system}] if body.system else []
        request = await generator.from_messages([*system, {"role": "user", "content": prompt}], options)
    elif body.system:
        raise invalid("system", "system: the model has no chat template")
    else:
        request = await generator.from_prompt(prompt, options)
    return PreparedCompletion(generator, [request], id)
