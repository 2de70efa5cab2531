"""``POST /v1/answer``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from service.api import examples
from service.api.checks import checked
from service.api.documented import answers
from service.api.formats.native import NativeFormat
from service.api.options import to_options
from service.api.reply import Texts, reply
from service.api.schemas.native import AnswerRequest
from service.api.schemas.responses import Answered
from service.api.state import Service

router = APIRouter(tags=["native"])


@router.post(
    "/v1/answer",
    summary="Answer a question",
    responses=answers(Answered, examples.ANSWERED, stream=examples.ANSWERED_STREAM),
)
async def answer(
    body: Annotated[AnswerRequest, Body(openapi_examples=examples.ANSWER)], http: Request, state: Service
) -> Response:
    """Answer a question out of a `context`, or without one from what the model knows.

    `temperature` is 0 unless given.
    """
    headers = checked(body, state)
    options = to_options(body, state.settings, temperature=0.0, max_tokens=body.length)
    id = f"ans-{uuid4().hex}"

    async def start() -> Texts:
        return await state.answerer.answer(body.question, body.context, options=options, request_id=id)

    format = NativeFormat(id=id, model=state.model_name, key="answer")
    return await reply(http, state, start, format, sequences=1, stream=bool(body.stream), headers=headers)
