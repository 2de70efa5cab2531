"""DeepL's API: ``/v2/translate``, ``/v2/languages``, ``/v2/usage``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, requires
from service.api.compat.deepl import format, schemas
from service.api.compat.translating import check_texts, translate
from service.api.error_formats import DeepL
from service.api.errors import invalid
from service.api.openapi import examples
from service.api.openapi.responses import answers
from service.api.replies.reply import Json
from service.api.requests.bodies import described, json_or_form
from service.api.requests.checks import checked
from service.api.requests.options import greedy
from service.api.state import Service
from service.keys.key import Scope
from service.tasks.translation import Translation, TranslationOrder

router = APIRouter(tags=["deepl"], route_class=DeepL, dependencies=[requires(Scope.TRANSLATE)])

_NO_LIMIT = 1_000_000_000_000  # what DeepL says where there is none


@router.post(
    "/v2/translate",
    summary="Translate texts, as DeepL does",
    responses=answers(schemas.Translated, examples.DEEPL_TRANSLATED, dialect=DeepL),
    openapi_extra=described(schemas.TranslateRequest, examples.DEEPL_TRANSLATE),
)
async def translate_texts(
    body: Annotated[
        schemas.TranslateRequest,
        Depends(json_or_form(schemas.TranslateRequest, limit=schemas.MAX_BODY_BYTES)),
    ],
    http: Request,
    state: Service,
    caller: CurrentCaller,
) -> Response:
    """Translate up to 50 texts.

    What is doubtful about a translation is in the header `x-translation-flags`, by the names of `/v1/translate`.
    """
    headers = checked(body, state)
    check_texts("text", body.text, state)
    if body.split_sentences == "nonewlines" and any(len(text.splitlines()) > 1 for text in body.text):
        raise invalid("split_sentences", "split_sentences: nonewlines is not possible: a line break always separates")
    order = TranslationOrder(
        texts=tuple(body.text),
        target=body.target_lang,
        source=body.source_lang,
        format=body.tag_handling or "text",
        splitting="none" if body.split_sentences == "0" else "sentences",
        context=body.context or "",
        formality=body.formality or "default",
    )

    def write(translations: list[Translation]) -> dict[str, object]:
        state.characters.add(caller.name, sum(map(len, body.text)))
        return format.translated(
            body.text,
            translations,
            billed=bool(body.show_billed_characters),
            model_type=body.model_type is not None,
        )

    return await translate(http, state, order, write, options=greedy(caller), headers=headers)


@router.get(
    "/v2/languages",
    summary="List the languages, as DeepL does",
    responses=answers(list[schemas.Language], examples.DEEPL_LANGUAGES, errors=(400,), dialect=DeepL),
)
@router.post("/v2/languages", include_in_schema=False)
async def languages(
    body: Annotated[
        schemas.LanguagesRequest,
        Depends(json_or_form(schemas.LanguagesRequest, limit=schemas.MAX_BODY_BYTES, optional=True)),
    ],
    state: Service,
    type: Annotated[
        str | None, Query(pattern="^(source|target)$", max_length=6, description="source (default) or target.")
    ] = None,
) -> Response:
    """The languages that texts can be translated from or, with `type` `target`, to. The type may be in a body too."""
    known = state.translator.languages()
    asked = type or body.type or "source"
    headers = checked(body, state)
    return Json(format.targets(known) if asked == "target" else format.sources(known), headers=headers)


@router.get(
    "/v2/usage", summary="Characters translated", responses=answers(schemas.Usage, examples.DEEPL_USAGE, errors=())
)
async def usage(state: Service, caller: CurrentCaller) -> Response:
    """Characters translated by this API for this key since the service started. There is no limit."""
    return Json({"character_count": state.characters.of(caller.name), "character_limit": _NO_LIMIT})
