"""llama.cpp's ``/completion``, ``/infill``, ``/apply-template``, ``/embedding``, ``/props`` and ``/slots``."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import ANY_KEY, ANY_TASK, requires
from service.api.call import Call, CurrentCall, Served
from service.api.compat.llamacpp import response
from service.api.compat.llamacpp.embedding import (
    EMBEDDING_EXAMPLE,
    EMBEDDING_EXAMPLES,
    EmbeddingWriter,
    LlamaEmbedRequest,
)
from service.api.compat.llamacpp.error_format import LlamaRoute
from service.api.compat.llamacpp.infill import INFILL_EXAMPLES, LlamaInfillRequest
from service.api.compat.llamacpp.properties import PROPS_EXAMPLE, SLOTS_EXAMPLE, props_of, slots_of
from service.api.compat.llamacpp.request import EXAMPLES, LlamaCompletionRequest, LlamaTextFields
from service.api.compat.llamacpp.template import (
    TEMPLATE_EXAMPLE,
    TEMPLATE_EXAMPLES,
    LlamaTemplateRequest,
    LlamaTemplateResponse,
)
from service.api.compat.llamacpp.writer import LlamaWriter
from service.api.errors import ApiError
from service.api.openapi.responses import openapi_responses
from service.api.requests.encoder_texts import check_texts
from service.api.requests.options import check_limit, queue_place
from service.api.responses.event_stream import PING, StreamForm, event
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.prepared import PreparedCompletion
from service.tasks.generation.request import GenerationRequest

router = APIRouter(tags=["llama.cpp"], route_class=LlamaRoute)

EVENTS = StreamForm(
    media_type="text/event-stream", event=event, error=LlamaRoute.error_format, ping=PING, done=b""
)  # without an end mark


@router.post("/completion", summary="Continue a prompt, as llama.cpp does", dependencies=[requires(Scope.GENERATE)])
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS, form=EVENTS)
async def completion(
    body: Annotated[LlamaCompletionRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall
) -> Response:
    """The text that continues `prompt`, with `grammar` (GBNF) or `json_schema`. Samplers that this service lacks, such
    as mirostat, must be off.
    """
    call.check(body)
    model = call.model(body.model, Capability.GENERATE)
    options = _options(call, body)

    async def request(generator: Generator) -> GenerationRequest:
        if isinstance(body.parts[0], str) and len(body.parts) == 1:
            return await generator.from_prompt(body.parts[0], options)
        return await generator.from_prompt(await _tokens(body, generator), options)

    return await _reply(call, body, model, options, request)


@router.post("/infill", summary="Fill in a text, as llama.cpp does", dependencies=[requires(Scope.GENERATE)])
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS, form=EVENTS)
async def infill(
    body: Annotated[LlamaInfillRequest, Body(openapi_examples=INFILL_EXAMPLES)], call: CurrentCall
) -> Response:
    """The text between `input_prefix` and `input_suffix`, after `prompt` if it is given. `input_extra` are other files.

    A model whose tokenizer has no fill-in-the-middle tokens refuses it.
    """
    call.check(body)
    model = call.model(body.model, Capability.GENERATE)
    options = _options(call, body)
    return await _reply(
        call, body, model, options, lambda generator: generator.from_prompt(body.input_prefix, options, gap=body.gap())
    )


async def _reply(
    call: Call,
    body: LlamaTextFields,
    model: Served,
    options: Options,
    request: Callable[[Generator], Awaitable[GenerationRequest]],
) -> Response:
    """The answer to a request that is made once the model is loaded."""
    id = f"cmpl-{uuid4().hex}"
    writer = LlamaWriter(
        model=model.name,
        options=options,
        stream=bool(body.stream),
        return_tokens=bool(body.return_tokens),
        n_probs=body.n_probs or 0,
        context=lambda: model.task(Generator).max_tokens,
    )

    async def prepare() -> PreparedCompletion:
        generator = model.task(Generator)
        return PreparedCompletion(generator, [await request(generator)], id)

    if body.stream:
        return await call.stream(model, prepare, writer, form=EVENTS)
    return await call.answer(model, prepare, writer)


async def _tokens(body: LlamaCompletionRequest, generator: Generator) -> list[int]:
    """The tokens of a prompt of texts and token ids. A text at the beginning gets the special tokens of a beginning."""
    tokens: list[int] = []
    for place, part in enumerate(body.parts):
        if isinstance(part, int):
            tokens.append(part)
        else:
            tokens += await generator.tokenizer.encode_async(part, add_special_tokens=place == 0)
    return tokens


def _options(call: Call, body: LlamaTextFields) -> Options:
    """The options of the text. Raises ApiError or InvalidOption."""
    check_limit("n_probs", body.n_probs or 0, call.state.settings.max_logprobs)
    salt = uuid4().hex if body.cache_prompt is False else ""
    options = call.options(
        body.sampling(cache_salt=salt),
        temperature=0.8,
        max_tokens=body.max_tokens,
        max_tokens_param="n_predict",
        logprobs=body.n_probs or None,
    )
    return options.with_values(seed=body.chosen_seed(), structure=body.structure(), fill_context=body.fills_context)


@router.post("/apply-template", summary="Messages to a prompt, as llama.cpp does", dependencies=[ANY_TASK])
@openapi_responses(TEMPLATE_EXAMPLE)
async def apply_template(
    body: Annotated[LlamaTemplateRequest, Body(openapi_examples=TEMPLATE_EXAMPLES)], call: CurrentCall
) -> Response:
    """The prompt that the chat template makes of messages."""
    call.check(body)
    model = call.model(body.model, Capability.CHAT)
    with await call.lease(model):
        prompt = await model.task(Generator).tokenizer.render_chat_async(
            [message.turn() for message in body.messages],
            add_generation_prompt=body.add_generation_prompt is not False,
        )
        return call.json(LlamaTemplateResponse(prompt))


@router.post("/embedding", summary="Embed texts, as llama.cpp does", dependencies=[requires(Scope.EMBED)])
@openapi_responses(EMBEDDING_EXAMPLE)
async def embedding(
    body: Annotated[LlamaEmbedRequest, Body(openapi_examples=EMBEDDING_EXAMPLES)], call: CurrentCall
) -> Response:
    """The vectors of texts, of length 1."""
    call.check(body)
    check_texts("content", body.content, call.state.settings)
    model = call.model(body.model, Capability.EMBED)
    options = EmbeddingOptions(normalize=True, **queue_place(call.caller))
    id = f"embd-{uuid4().hex}"
    return await call.answer(
        model,
        lambda: model.task(Embedder).prepare(body.content, options, request_id=id, param="content"),
        EmbeddingWriter(),
    )


@router.get("/props", summary="The model and its template, as llama.cpp reports them", dependencies=[ANY_KEY])
@openapi_responses(PROPS_EXAMPLE, errors=(404, 503))
async def props(call: CurrentCall) -> Response:
    """The model that generates text, its context and its chat template. It is loaded first, if it is not."""
    model = call.model(None, Capability.GENERATE)
    with await call.lease(model):
        return call.json(props_of(model))


@router.get("/slots", summary="What is computed now, as llama.cpp reports it", dependencies=[ANY_KEY])
@openapi_responses(SLOTS_EXAMPLE, errors=(404, 503))
async def slots(call: CurrentCall) -> Response:
    """A slot for each sequence that the engine computes in one step. A sequence has no slot of its own here, so the
    first slots are those in use.
    """
    model = call.model(None, Capability.GENERATE)
    with await call.lease(model):
        return call.json(slots_of(model, call.state.admissions[model.base.name].active))


@router.post("/models/load", include_in_schema=False, dependencies=[ANY_KEY])
@router.post("/models/unload", include_in_schema=False, dependencies=[ANY_KEY])
async def models_of_the_router() -> Response:
    """Raises ApiError. Without this route a load would be a payload for Hugging Face's model of that name."""
    raise ApiError(404, "This is not served here: use POST /v1/models/{id}/load or /unload", code="unknown_route")
