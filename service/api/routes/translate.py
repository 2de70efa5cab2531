"""``POST /v1/translate``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from service.api import examples
from service.api.checks import checked
from service.api.documented import answers
from service.api.formats.native import NativeFormat
from service.api.options import at_most, to_options
from service.api.reply import Texts, reply
from service.api.schemas.native import TranslateRequest
from service.api.schemas.responses import Translated
from service.api.state import Service

router = APIRouter(tags=["native"])


@router.post(
    "/v1/translate",
    summary="Translate texts",
    responses=answers(Translated, examples.TRANSLATED, stream=examples.TRANSLATED_STREAM),
)
async def translate(
    body: Annotated[TranslateRequest, Body(openapi_examples=examples.TRANSLATE)], http: Request, state: Service
) -> Response:
    """Translate one text or a list of texts, all at once. Events of a stream name their text by `index`.

    Languages are names (`English`, `中文`) or BCP-47 codes (`en`, `zh-CN`). `temperature` is 0 unless given.
    """
    headers = checked(body, state)
    at_most("text", len(body.text), state.settings.max_texts, "texts")
    options = to_options(body, state.settings, temperature=0.0, max_tokens=body.length)
    id = f"trans-{uuid4().hex}"

    async def start() -> Texts:
        return await state.translator.translate(
            body.text,
            body.target_lang,
            body.source_lang,
            output_prefix=body.output_prefix or "",
            options=options,
            request_id=id,
        )

    format = NativeFormat(id=id, model=state.model_name, key="translations", many=True)
    return await reply(http, state, start, format, sequences=len(body.text), stream=bool(body.stream), headers=headers)
