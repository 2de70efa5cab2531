"""``POST /v1/translate`` and ``GET /v1/languages``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, requires
from service.api.native.requests import TranslateRequest
from service.api.native.translate.format import TranslationFormat
from service.api.openapi import examples
from service.api.openapi.response_models import Languages, Translated
from service.api.openapi.responses import answers
from service.api.replies.reply import Json, reply
from service.api.requests.checks import checked
from service.api.requests.options import at_most, to_options
from service.api.state import Service
from service.keys.key import Scope
from service.settings import Settings
from service.tasks.translation import Term, TranslationOrder, TranslationRun

router = APIRouter(tags=["native"], dependencies=[requires(Scope.TRANSLATE)])


@router.post(
    "/v1/translate",
    summary="Translate texts",
    responses=answers(Translated, examples.TRANSLATED, stream=examples.TRANSLATED_STREAM),
)
async def translate(
    body: Annotated[TranslateRequest, Body(openapi_examples=examples.TRANSLATE)],
    http: Request,
    state: Service,
    caller: CurrentCaller,
) -> Response:
    """Translate one text or a list of texts, sentence by sentence, all at once.

    Languages are names (`English`, `中文`) or BCP-47 codes (`en`, `zh-CN`). What stands between sentences is kept byte
    for byte; a text that is in the target language already comes back as it is. `flags` name what is doubtful about a
    segment after a second attempt: `repetition`, `length`, `copied`, `language`, `empty`, `truncated`, `placeholder`,
    `term`; `retried` says that the second attempt was taken. `score` is the mean log probability of its tokens.

    Sampling fields hold for each sentence; `temperature` is 0 unless given.

    Events of a stream name their text by `index` and their sentence by `segment`, in order.
    """
    headers = checked(body, state)
    order = _order(body, state.settings)
    options = to_options(body, state.settings, caller, temperature=0.0, max_tokens=body.length)
    id = f"trans-{uuid4().hex}"
    job = await state.translator.prepare(order, options=options)

    async def start() -> TranslationRun:
        return await state.translator.start(job, request_id=id)

    format = TranslationFormat(id=id, model=state.model_name)
    return await reply(http, state, start, format, cost=job.cost, stream=bool(body.stream), headers=headers)


@router.get("/v1/languages", summary="List the languages", responses=answers(Languages, examples.LANGUAGES, errors=()))
async def languages(state: Service) -> Response:
    """The languages that texts can be translated from and, for each, to."""
    known = state.translator.languages()
    listed = [
        {
            "code": language.code,
            "name": language.name,
            "targets": [other.code for other in known if other != language],
        }
        for language in known
    ]
    return Json({"model": state.model_name, "languages": listed})


def _order(body: TranslateRequest, settings: Settings) -> TranslationOrder:
    """Raises ApiError for what is over a limit."""
    glossary, kept = body.glossary or [], body.do_not_translate or []
    at_most("text", len(body.text), settings.max_texts, "texts")
    at_most("text", max(map(len, body.text)), settings.max_text_length, "characters in a text")
    at_most("glossary", len(glossary), settings.max_terms, "terms")
    at_most("do_not_translate", len(kept), settings.max_terms, "terms")
    at_most("alternatives", body.alternatives or 0, settings.max_n)
    return TranslationOrder(
        texts=tuple(body.text),
        target=body.target_lang,
        source=body.source_lang,
        format=body.format or "text",
        glossary=tuple(Term(term.source, term.target) for term in glossary),
        do_not_translate=tuple(kept),
        context=body.context or "",
        output_prefix=body.output_prefix or "",
        formality=body.formality or "default",
        alternatives=body.alternatives or 0,
    )
