"""``POST /v1/completions``."""

import time
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, requires
from service.api.openai.completions.format import CompletionFormat, Echo
from service.api.openai.requests import CompletionRequest
from service.api.openapi import examples
from service.api.openapi.response_models import Completion
from service.api.openapi.responses import answers
from service.api.replies.reply import Texts, reply
from service.api.requests.checks import checked
from service.api.requests.options import at_most, to_options
from service.api.state import Service
from service.keys.key import Scope
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator, Options
from service.tasks.generation.request import GenerationRequest

DEFAULT_MAX_TOKENS = 16  # OpenAI's

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE)])


@router.post(
    "/v1/completions",
    summary="Continue prompts",
    responses=answers(Completion, examples.COMPLETION, stream=examples.COMPLETION_STREAM),
)
async def completions(
    body: Annotated[CompletionRequest, Body(openapi_examples=examples.COMPLETE)],
    http: Request,
    state: Service,
    caller: CurrentCaller,
) -> Response:
    """OpenAI's completions: texts or token ids, with `echo` and `logprobs`.

    `temperature` is 1 and `max_tokens` 16 unless given; `max_tokens` 0 scores the prompt only.
    """
    headers = checked(body, state)
    at_most("logprobs", body.logprobs or 0, state.settings.max_logprobs)
    at_most("prompt", len(body.prompt), state.settings.max_prompts, "prompts")
    n = body.n or 1
    options = to_options(
        body,
        state.settings,
        caller,
        temperature=1.0,
        max_tokens=DEFAULT_MAX_TOKENS if body.max_tokens is None else body.max_tokens,
        n=n,
        logprobs=body.logprobs,
        prompt_logprobs=body.logprobs if body.echo else None,
    )
    requests = [await _request(prompt, body, options, state.generator) for prompt in body.prompt]
    id = f"cmpl-{uuid4().hex}"

    async def start() -> Texts:
        return state.generator.start(requests, id)

    format = CompletionFormat(
        id=id,
        created=int(time.time()),
        model=state.model_name,
        fingerprint=state.fingerprint,
        tokenizer=state.generator.tokenizer,
        n=n,
        echo=[_echo(*pair, state.generator) for pair in zip(body.prompt, requests, strict=True)] if body.echo else (),
        logprobs=body.logprobs is not None,
        include_stop=options.include_stop,
        include_usage=body.include_usage,
        continuous_usage=body.continuous_usage,
    )
    cost = Cost.from_requests(requests)
    return await reply(http, state, start, format, cost=cost, stream=bool(body.stream), headers=headers)


async def _request(
    prompt: str | list[int], body: CompletionRequest, options: Options, generator: Generator
) -> GenerationRequest:
    if isinstance(prompt, str) and body.add_special_tokens is False:
        prompt = await generator.tokenizer.encode_async(prompt, add_special_tokens=False)
    return await generator.from_prompt(prompt, options)


def _echo(prompt: str | list[int], request: GenerationRequest, generator: Generator) -> Echo:
    """A text comes back as it was sent, token ids as their text."""
    if not isinstance(prompt, str):
        prompt = generator.tokenizer.decode(prompt, skip_special_tokens=request.skip_special_tokens)
    return Echo(text=prompt, tokens=request.prompt)
