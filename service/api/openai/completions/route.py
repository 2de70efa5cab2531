"""``POST /v1/completions``."""

from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.openai.answer import OpenAIAnswer
from service.api.openai.completions import response
from service.api.openai.completions.request import EXAMPLES, CompletionRequest
from service.api.openapi.responses import openapi_responses
from service.api.requests.options import check_limit
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.prepared import PreparedCompletion
from service.tasks.text.fill_in import Gap

DEFAULT_MAX_TOKENS = 16  # OpenAI's

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE)])


@router.post("/v1/completions", summary="Continue prompts")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS)
async def completions(
    body: Annotated[CompletionRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall
) -> Response:
    """OpenAI's completions: texts or token ids, with `echo`, `logprobs`, `best_of` and `suffix`.

    `temperature` is 1 and `max_tokens` 16 unless given; `max_tokens` 0 scores the prompt only.
    """
    call.check(body)
    model = call.model(body.model, Capability.GENERATE)
    check_limit("logprobs", body.logprobs or 0, call.state.settings.max_logprobs)
    check_limit("prompt_logprobs", body.prompt_logprobs or 0, call.state.settings.max_logprobs)
    check_limit("prompt", len(body.prompt), call.state.settings.max_prompts, "prompts")
    n = body.n or 1
    check_limit("best_of", body.best_of or 1, call.state.settings.max_n)
    candidates = n if body.best_of is None or body.use_beam_search else body.best_of
    options = call.options(
        body,
        temperature=1.0,
        max_tokens=body.max_tokens,
        n=candidates,
        logprobs=_most(body.logprobs, None if candidates == n else 0),
        prompt_logprobs=_most(body.logprobs if body.echo else None, body.prompt_logprobs),
        beams=body.beams,
    )
    answer = OpenAIAnswer.from_body(body, model, prefix="cmpl")
    writer = response.CompletionWriter(
        answer=answer,
        n=n,
        echo=body.prompt if body.echo else (),
        logprobs=body.logprobs,
        add_special_tokens=body.add_special_tokens is not False,
        skip_special_tokens=options.skip_special_tokens,
    )
    reply = call.stream if body.stream else call.answer
    sequences = options.num_sequences * len(body.prompt)
    return await reply(
        model, lambda: _prepare(body, model.task(Generator), options, answer.id), writer, sequences=sequences
    )


def _most(*counts: int | None) -> int | None:
    """The largest of the counts that there are."""
    return max((count for count in counts if count is not None), default=None)


async def _prepare(body: CompletionRequest, generator: Generator, options: Options, id: str) -> PreparedCompletion:
    special = body.add_special_tokens is not False
    requests = [
        await generator.from_prompt(
            prompt,
            options,
            gap=Gap(suffix=body.suffix) if body.suffix else None,
            add_special_tokens=special,
            max_output_tokens=DEFAULT_MAX_TOKENS,
        )
        for prompt in body.prompt
    ]
    return PreparedCompletion(generator, requests, id)
