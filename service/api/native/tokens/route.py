"""``POST /tokenize`` and ``POST /detokenize``, in the forms of vLLM, TGI and llama.cpp."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from service.api.auth.route_scopes import ANY_TASK
from service.api.call import CurrentCall
from service.api.errors import invalid
from service.api.native.tokens.request import (
    DETOKENIZE_EXAMPLES,
    TOKENIZE_EXAMPLES,
    DetokenizeRequest,
    TokenizeRequest,
)
from service.api.native.tokens.response import (
    DETOKENIZE_EXAMPLE,
    PIECES_EXAMPLE,
    SOURCE_EXAMPLE,
    TOKENIZE_EXAMPLE,
    TOKENIZER_INFO_EXAMPLE,
    DetokenizeResponse,
    PlainTokensResponse,
    TokenizeResponse,
    TokenizerInfoResponse,
    token_piece,
)
from service.api.native.tokens.source_tokens import source_tokens
from service.api.openapi.responses import openapi_responses
from service.models.capabilities import Capability
from service.tasks.generation.generator import Generator
from service.tasks.text.tokenizer import Tokenizer

router = APIRouter(tags=["tokens"], dependencies=[ANY_TASK])


@router.post("/tokenize", summary="Text to tokens")
@openapi_responses(TOKENIZE_EXAMPLE, SOURCE_EXAMPLE, PIECES_EXAMPLE)
async def tokenize(
    body: Annotated[TokenizeRequest, Body(openapi_examples=TOKENIZE_EXAMPLES)], call: CurrentCall
) -> Response:
    """The token ids of a `prompt`, or of `messages` as the model's chat template writes them, as vLLM answers; of
    `inputs` as TGI answers, with their places in the text; of `content` as llama.cpp answers.
    """
    call.check(body)
    model = call.model(body.model, Capability.GENERATE)
    with await call.lease(model):
        generator = model.task(Generator)
        special = body.add_special_tokens is not False
        if body.inputs is not None:
            return call.json(await source_tokens(generator.tokenizer, body.inputs, add_special_tokens=special))
        if body.content is not None:
            return call.json(await _plain_tokens(body, body.content, generator.tokenizer))
        return call.json(await _tokenize(body, generator))


async def _plain_tokens(body: TokenizeRequest, text: str, tokenizer: Tokenizer) -> PlainTokensResponse:
    tokens = await tokenizer.encode_async(text, add_special_tokens=bool(body.add_special))
    if not body.with_pieces:
        return PlainTokensResponse(list(tokens))
    pieces = await asyncio.to_thread(lambda: [token_piece(id, tokenizer.token_bytes(id)) for id in tokens])
    return PlainTokensResponse(list(pieces))


async def _tokenize(body: TokenizeRequest, generator: Generator) -> TokenizeResponse:
    tokenizer = generator.tokenizer
    text, special = body.prompt or "", body.add_special_tokens is not False
    if body.messages is not None:
        text = await tokenizer.render_chat_async(
            [message.turn() for message in body.messages],
            add_generation_prompt=body.add_generation_prompt is not False and not body.continue_final_message,
            continue_final_message=bool(body.continue_final_message),
        )
        special = bool(body.add_special_tokens)
    tokens = await tokenizer.encode_async(text, add_special_tokens=special)
    answer = TokenizeResponse(len(tokens), generator.client.info.max_model_len, tokens)
    if body.return_token_strs:
        answer.token_strs = await asyncio.to_thread(lambda: [tokenizer.token_text(token) for token in tokens])
    return answer


@router.post("/detokenize", summary="Tokens to text")
@openapi_responses(DETOKENIZE_EXAMPLE)
async def detokenize(
    body: Annotated[DetokenizeRequest, Body(openapi_examples=DETOKENIZE_EXAMPLES)], call: CurrentCall
) -> Response:
    """The text of token ids, special tokens included, under both names that clients read."""
    call.check(body)
    model = call.model(body.model, Capability.GENERATE)
    with await call.lease(model):
        generator = model.task(Generator)
        size = generator.client.info.vocab_size
        if max(body.tokens, default=0) >= size:
            i = next(i for i, token in enumerate(body.tokens) if token >= size)
            raise invalid(f"tokens.{i}", f"tokens.{i}: the token is not in the vocabulary of {size} tokens")
        text = await generator.tokenizer.decode_async(body.tokens, skip_special_tokens=False)
        return call.json(DetokenizeResponse(text, text))


@router.get("/tokenizer_info", summary="Describe the tokenizer")
@openapi_responses(TOKENIZER_INFO_EXAMPLE)
async def tokenizer_info(
    call: CurrentCall, model: Annotated[str | None, Query(max_length=512, description="The served model.")] = None
) -> Response:
    """The special tokens and the chat template of the tokenizer, in vLLM's form, as evaluations ask for them."""
    served = call.model(model, Capability.GENERATE)
    with await call.lease(served):
        generator = served.task(Generator)
        return call.json(TokenizerInfoResponse.of(generator.tokenizer, generator.client.info.max_model_len))
