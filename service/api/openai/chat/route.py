"""``POST /v1/chat/completions``."""

import time
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, requires
from service.api.openai.chat.format import ChatFormat
from service.api.openai.requests import ChatCompletionRequest
from service.api.openapi import examples
from service.api.openapi.response_models import ChatCompletion
from service.api.openapi.responses import answers
from service.api.replies.reply import Texts, reply
from service.api.requests.checks import checked
from service.api.requests.options import at_most, to_options
from service.api.state import Service
from service.keys.key import Scope
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator, Options
from service.tasks.generation.request import GenerationRequest

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE)])


@router.post(
    "/v1/chat/completions",
    summary="Answer a conversation",
    responses=answers(ChatCompletion, examples.CHAT_COMPLETION, stream=examples.CHAT_STREAM),
)
async def chat_completions(
    body: Annotated[ChatCompletionRequest, Body(openapi_examples=examples.CHAT)],
    http: Request,
    state: Service,
    caller: CurrentCaller,
) -> Response:
    """OpenAI's chat completions. Tools, structured output, images and audio are refused by name.

    `temperature` is 1 unless given. Without a length the service's default holds.
    """
    headers = checked(body, state)
    at_most("top_logprobs", body.top_logprobs or 0, state.settings.max_logprobs)
    n = body.n or 1
    options = to_options(
        body,
        state.settings,
        caller,
        temperature=1.0,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        n=n,
        logprobs=(body.top_logprobs or 0) if body.logprobs else None,
    )
    request = await _request(body, options, state.generator)
    id = f"chatcmpl-{uuid4().hex}"

    async def start() -> Texts:
        return state.generator.start([request], id)

    format = ChatFormat(
        id=id,
        created=int(time.time()),
        model=state.model_name,
        fingerprint=state.fingerprint,
        tokenizer=state.generator.tokenizer,
        logprobs=bool(body.logprobs),
        include_stop=options.include_stop,
        include_usage=body.include_usage,
        continuous_usage=body.continuous_usage,
    )
    return await reply(
        http, state, start, format, cost=Cost.from_requests([request]), stream=bool(body.stream), headers=headers
    )


async def _request(body: ChatCompletionRequest, options: Options, generator: Generator) -> GenerationRequest:
    turns = [message.turn() for message in body.messages]
    if body.add_generation_prompt is False and not body.continue_final_message:
        return await generator.from_prompt(
            await generator.tokenizer.encode_chat(turns, add_generation_prompt=False), options
        )
    return await generator.from_messages(turns, options, continue_final_message=bool(body.continue_final_message))
