"""LibreTranslate's API: ``/translate``, ``/detect``, ``/languages``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, requires
from service.api.compat.libretranslate import format, schemas
from service.api.compat.translating import check_texts, translate
from service.api.error_formats import LibreTranslate
from service.api.errors import ApiError
from service.api.openapi import examples
from service.api.openapi.responses import answers
from service.api.replies.reply import Json
from service.api.requests.bodies import described, json_or_form
from service.api.requests.checks import checked
from service.api.requests.options import at_most, greedy
from service.api.state import Service
from service.keys.key import Scope
from service.tasks.translation import TranslationOrder

router = APIRouter(tags=["libretranslate"], route_class=LibreTranslate, dependencies=[requires(Scope.TRANSLATE)])


@router.post(
    "/translate",
    summary="Translate texts, as LibreTranslate does",
    responses=answers(schemas.Translated, examples.LIBRE_TRANSLATED, dialect=LibreTranslate),
    openapi_extra=described(schemas.TranslateRequest, examples.LIBRE_TRANSLATE),
)
async def translate_texts(
    body: Annotated[schemas.TranslateRequest, Depends(json_or_form(schemas.TranslateRequest))],
    http: Request,
    state: Service,
    caller: CurrentCaller,
) -> Response:
    """Translate a text or a list of texts. With `source` `auto` the language of each is detected and told.

    What is doubtful about a translation is in the header `x-translation-flags`, by the names of `/v1/translate`.
    """
    headers = checked(body, state)
    texts = [body.q] if isinstance(body.q, str) else body.q
    check_texts("q", texts, state)
    at_most("alternatives", body.alternatives or 0, state.settings.max_n)
    auto = body.source.lower() == "auto"
    order = TranslationOrder(
        texts=tuple(texts),
        target=body.target,
        source=None if auto else body.source,
        format=body.format or "text",
        alternatives=body.alternatives or 0,
    )
    several, alternatives = isinstance(body.q, list), bool(body.alternatives)
    return await translate(
        http,
        state,
        order,
        lambda translations: format.translated(translations, several=several, auto=auto, alternatives=alternatives),
        options=greedy(caller),
        headers=headers,
    )


@router.post(
    "/detect",
    summary="Detect the language of a text, as LibreTranslate does",
    responses=answers(list[schemas.Detected], examples.LIBRE_DETECTED, errors=(400, 413, 415), dialect=LibreTranslate),
    openapi_extra=described(schemas.DetectRequest, examples.LIBRE_DETECT),
)
async def detect(
    body: Annotated[schemas.DetectRequest, Depends(json_or_form(schemas.DetectRequest))], state: Service
) -> Response:
    """The languages that a text may be in, best first. One without letters is in `und`, with confidence 0."""
    headers = checked(body, state)
    check_texts("q", [body.q], state)
    [found] = await state.translator.detect([body.q])
    return Json([format.detected(detection) for detection in found] or [format.detected(None)], headers=headers)


@router.get(
    "/languages",
    summary="List the languages, as LibreTranslate does",
    responses=answers(list[schemas.Language], examples.LIBRE_LANGUAGES, errors=()),
)
async def languages(state: Service) -> Response:
    """The languages that texts can be translated from and, for each, to."""
    return Json(format.languages(state.translator.languages()))


@router.post("/translate_file", include_in_schema=False)
async def translate_file() -> Response:
    """Raises ApiError: its clients are told so in the shape that they read."""
    raise ApiError(404, "Files are not translated here; send their text to /translate", code="unknown_route")
