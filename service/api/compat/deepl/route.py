"""DeepL's API: ``/v2/translate``, ``/v2/languages``, ``/v2/usage``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.deepl import response
from service.api.compat.deepl.error_format import DeepLRoute
from service.api.compat.deepl.languages import formal_bases, target_variants
from service.api.compat.deepl.request import (
    MAX_BODY_BYTES,
    TRANSLATE_EXAMPLES,
    DeepLLanguagesRequest,
    DeepLTranslateRequest,
)
from service.api.compat.translation import check_texts, translate
from service.api.errors import invalid
from service.api.openapi.responses import openapi_responses
from service.api.requests.bodies import json_or_form, json_or_form_schema
from service.api.translating.languages import sources_of_all
from service.glossaries.language_pair import language_pair
from service.keys.key import Scope
from service.tasks.translation import Quality, Term, Translation, TranslationOrder

router = APIRouter(tags=["deepl"], route_class=DeepLRoute, dependencies=[requires(Scope.TRANSLATE)])
_QUALITIES: dict[str | None, Quality] = {"quality_optimized": "high", "prefer_quality_optimized": "high"}

TranslateBody = Annotated[DeepLTranslateRequest, Depends(json_or_form(DeepLTranslateRequest, limit=MAX_BODY_BYTES))]
LanguagesBody = Annotated[
    DeepLLanguagesRequest, Depends(json_or_form(DeepLLanguagesRequest, limit=MAX_BODY_BYTES, optional=True))
]


@router.post(
    "/v2/translate",
    summary="Translate texts, as DeepL does",
    openapi_extra=json_or_form_schema(DeepLTranslateRequest, TRANSLATE_EXAMPLES),
)
@openapi_responses(response.TRANSLATE_EXAMPLE)
async def translate_texts(body: TranslateBody, call: CurrentCall) -> Response:
    """Translate texts, all at once.

    Doubts about translations are in the header `x-translation-flags`, by the names of `/v1/translate` and the places of
    the texts: `0: language; 3: copied, length`.
    """
    call.check(body)
    check_texts("text", body.text, call.state.settings)
    if (
        body.split_sentences == "nonewlines"
        and body.tag_handling is None
        and any(len(text.splitlines()) > 1 for text in body.text)
    ):
        raise invalid("split_sentences", "split_sentences: nonewlines is not possible: a line break always separates")
    order = TranslationOrder(
        texts=tuple(body.text),
        target=body.target_lang,
        source=body.source_lang,
        format=body.tag_handling or "text",
        tags=body.tag_rules,
        splitting="none" if body.split_sentences == "0" else "sentences",
        context=body.context or "",
        formality=body.formality or "default",
        quality=_QUALITIES.get(body.model_type, "standard"),
    )

    def to_body(translations: list[Translation]) -> response.DeepLTranslateResponse:
        call.state.characters.add(call.caller.name, sum(map(len, body.text)))
        return response.DeepLTranslateResponse.from_translations(
            body.text,
            translations,
            billed=bool(body.show_billed_characters),
            model_type=body.model_type,
            tag_handling=body.tag_handling is not None,
        )

    async def find_terms() -> tuple[Term, ...]:
        pair = language_pair(body.source_lang or "", body.target_lang)
        return await call.state.glossaries.all_terms(call.caller.owner, body.glossaries, pair, body.text)

    return await translate(
        call, order, call.greedy_options(), to_body, find_terms=find_terms if body.glossaries else None
    )


@router.get("/v2/languages", summary="List the languages, as DeepL does")
@router.post("/v2/languages", include_in_schema=False)
@openapi_responses(response.LANGUAGES_EXAMPLE, errors=(400,))
async def languages(
    body: LanguagesBody,
    call: CurrentCall,
    type: Annotated[
        str | None, Query(pattern="^(source|target)$", max_length=6, description="source (default) or target.")
    ] = None,
) -> Response:
    """The languages that texts can be translated from or, with `type` `target`, to. The type may be in a body too."""
    wanted, served = type or body.type or "source", call.state.registry
    call.check(body)
    if wanted == "target":
        return call.json(response.target_languages(target_variants(served), formal=formal_bases(served)))
    return call.json(response.source_languages(sources_of_all(served)))


@router.get("/v2/usage", summary="Characters translated")
@openapi_responses(response.USAGE_EXAMPLE, errors=())
async def usage(call: CurrentCall) -> Response:
    """Characters translated by this API for this key since the service started. There is no limit."""
    return call.json(response.DeepLUsageResponse(call.state.characters.total(call.caller.name), response.NO_LIMIT))
