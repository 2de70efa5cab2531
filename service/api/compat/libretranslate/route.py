"""LibreTranslate's API: ``/translate``, ``/detect``, ``/languages``."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.libretranslate import response
from service.api.compat.libretranslate.error_format import LibreTranslateRoute
from service.api.compat.libretranslate.request import (
    DETECT_EXAMPLES,
    TRANSLATE_EXAMPLES,
    LibreDetectRequest,
    LibreTranslateRequest,
)
from service.api.compat.translation import check_texts, translate
from service.api.openapi.responses import openapi_responses
from service.api.requests.bodies import json_or_form, json_or_form_schema
from service.api.requests.options import check_limit
from service.api.translating.languages import languages_of_all
from service.api.wire.response_model import ResponseModel
from service.keys.key import Scope
from service.tasks.translation import Translation, TranslationOrder

router = APIRouter(tags=["libretranslate"], route_class=LibreTranslateRoute, dependencies=[requires(Scope.TRANSLATE)])


@router.post(
    "/translate",
    summary="Translate texts, as LibreTranslate does",
    openapi_extra=json_or_form_schema(LibreTranslateRequest, TRANSLATE_EXAMPLES, multipart=True),
)
@openapi_responses(response.TEXT_EXAMPLE, response.LIST_EXAMPLE)
async def translate_texts(
    body: Annotated[LibreTranslateRequest, Depends(json_or_form(LibreTranslateRequest, any_form=True))],
    call: CurrentCall,
) -> Response:
    """Translate a text or a list of texts. With the `source` `auto` the language of each is detected.

    Doubts about translations are in the header `x-translation-flags`, by the names of `/v1/translate` and the places of
    the texts: `0: language; 3: copied, length`.
    """
    call.check(body)
    texts = [body.q] if isinstance(body.q, str) else body.q
    check_texts("q", texts, call.state.settings)
    check_limit("alternatives", body.alternatives or 0, call.state.settings.max_n)
    auto, alternatives = body.source.lower() == "auto", bool(body.alternatives)
    order = TranslationOrder(
        texts=tuple(texts),
        target=body.target,
        source=None if auto else body.source,
        format=body.format or "text",
        alternatives=body.alternatives or 0,
    )

    def to_body(translations: list[Translation]) -> ResponseModel:
        if isinstance(body.q, str):
            return response.text_response(translations[0], auto=auto, alternatives=alternatives)
        return response.list_response(translations, auto=auto, alternatives=alternatives)

    return await translate(call, order, call.greedy_options(), to_body)


@router.post(
    "/detect",
    summary="Detect the language of a text, as LibreTranslate does",
    openapi_extra=json_or_form_schema(LibreDetectRequest, DETECT_EXAMPLES, multipart=True),
)
@openapi_responses(response.DETECT_EXAMPLE, errors=(400, 413, 415))
async def detect(
    body: Annotated[LibreDetectRequest, Depends(json_or_form(LibreDetectRequest, any_form=True))], call: CurrentCall
) -> Response:
    """The languages that a text may be in, best first. One without letters is in `und`, with confidence 0."""
    call.check(body)
    check_texts("q", [body.q], call.state.settings)
    [detections] = await call.state.detector.detect_all([body.q])
    return call.json([response.LibreDetection.from_detection(each) for each in detections or (None,)])


@router.get("/languages", summary="List the languages, as LibreTranslate does")
@openapi_responses(response.LANGUAGES_EXAMPLE, errors=())
async def languages(call: CurrentCall) -> Response:
    """The languages that texts can be translated from and, for each, to."""
    return call.json(response.language_list(languages_of_all(call.state.registry)))
