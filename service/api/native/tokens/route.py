"""``POST /tokenize`` and ``POST /detokenize``, in vLLM's form."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import ANY_TASK
from service.api.errors import invalid
from service.api.native.tokens.request import DetokenizeRequest, TokenizeRequest
from service.api.openapi import examples
from service.api.openapi.response_models import Detokenized, Tokenized
from service.api.openapi.responses import answers
from service.api.replies.reply import Json
from service.api.requests.checks import checked
from service.api.state import Service

router = APIRouter(tags=["tokens"], dependencies=[ANY_TASK])


@router.post("/tokenize", summary="Text to tokens", responses=answers(Tokenized, examples.TOKENIZED))
async def tokenize(
    body: Annotated[TokenizeRequest, Body(openapi_examples=examples.TOKENIZE)], state: Service
) -> Response:
    """The token ids of a `prompt`, or of `messages` as the model's chat template writes them."""
    headers = checked(body, state)
    tokenizer = state.generator.tokenizer
    text, special = body.prompt, body.add_special_tokens is not False
    if body.messages is not None:
        text, special = (
            await tokenizer.render_chat_async(
                [message.turn() for message in body.messages],
                add_generation_prompt=body.add_generation_prompt is not False and not body.continue_final_message,
                continue_final_message=bool(body.continue_final_message),
            ),
            bool(body.add_special_tokens),
        )
    tokens = await tokenizer.encode_async(text or "", add_special_tokens=special)
    answer: dict[str, Any] = {
        "count": len(tokens),
        "max_model_len": state.client.info.max_model_len,
        "tokens": tokens,
    }
    if body.return_token_strs:
        answer["token_strs"] = await asyncio.to_thread(lambda: [tokenizer.token_text(token) for token in tokens])
    return Json(answer, headers=headers)


@router.post("/detokenize", summary="Tokens to text", responses=answers(Detokenized, examples.DETOKENIZED))
async def detokenize(
    body: Annotated[DetokenizeRequest, Body(openapi_examples=examples.DETOKENIZE)], state: Service
) -> Response:
    """The text of token ids, special tokens included, under both names that clients look for."""
    headers = checked(body, state)
    size = state.client.info.vocab_size
    if max(body.tokens, default=0) >= size:
        i = next(i for i, token in enumerate(body.tokens) if token >= size)
        raise invalid(f"tokens.{i}", f"tokens.{i}: the token is not in the vocabulary of {size} tokens")
    text = await state.generator.tokenizer.decode_async(body.tokens, skip_special_tokens=False)
    return Json({"prompt": text, "content": text}, headers=headers)
