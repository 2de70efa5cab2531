"""``POST /v1/chat/completions``."""

from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.openai.answer import OpenAIAnswer
from service.api.openai.chat import response
from service.api.openai.chat.request import EXAMPLES, ChatCompletionRequest
from service.api.openapi.responses import openapi_responses
from service.api.requests.options import check_limit
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.conversation.chat import Chat

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE)])


@router.post("/v1/chat/completions", summary="Answer a conversation")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS)
async def chat_completions(
    body: Annotated[ChatCompletionRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall
) -> Response:
    """OpenAI's chat completions, with tools, reasoning and structured output. Images and audio are refused by name.

    The arguments of a call always validate against the schema of its tool. A model whose chat template knows no tools
    has them described in the prompt. `temperature` is 1 unless given. Without a length the service's default holds.
    """
    call.check(body)
    model = call.model(body.model, Capability.CHAT)
    check_limit("top_logprobs", body.top_logprobs or 0, call.state.settings.max_logprobs)
    check_limit("prompt_logprobs", body.prompt_logprobs or 0, call.state.settings.max_logprobs)
    check_limit("best_of", body.best_of or 1, call.state.settings.max_n)
    options = call.options(
        body,
        temperature=1.0,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        max_tokens_param="max_tokens" if body.max_completion_tokens is None else "max_completion_tokens",
        n=body.n or 1,
        logprobs=(body.top_logprobs or 0) if body.logprobs else None,
        prompt_logprobs=body.prompt_logprobs,
        beams=body.beams,
        prediction="" if body.prediction is None else body.prediction.content,
    )
    conversation = body.conversation()
    answer = OpenAIAnswer.from_body(body, model, prefix="chatcmpl")
    writer = response.ChatWriter(
        answer=answer, logprobs=bool(body.logprobs), reasoning=body.include_reasoning is not False
    )
    reply = call.stream if body.stream else call.answer
    return await reply(
        model,
        lambda: call.note_ignored(model.task(Chat).prepare(conversation, options, answer.id)),
        writer,
        sequences=options.num_sequences,
    )
