"""``POST /v1/translate`` and ``GET /v1/languages``."""

import asyncio
from dataclasses import replace
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.native.translate import response
from service.api.native.translate.glossary import stored_terms
from service.api.native.translate.languages import EXAMPLE as LANGUAGES_EXAMPLE
from service.api.native.translate.languages import LanguagesResponse
from service.api.native.translate.memory import memory_pairs
from service.api.native.translate.request import EXAMPLES, TranslateRequest
from service.api.openapi.responses import openapi_responses
from service.api.requests.options import check_limit
from service.api.translating.languages import languages_of_all
from service.api.translating.pivoted import pivoted_plan
from service.api.translating.way import find_way
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.settings import Settings
from service.tasks.text.languages import Language
from service.tasks.translation import (
    PivotPlan,
    PreparedTranslation,
    Term,
    TranslationOrder,
    Translator,
)

router = APIRouter(tags=["native"], dependencies=[requires(Scope.TRANSLATE)])


@router.post("/v1/translate", summary="Translate texts")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS)
async def translate(body: Annotated[TranslateRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """Translate one text or a list of texts, sentence by sentence, all at once.

    Languages are names (`English`, `中文`) or BCP-47 codes (`en`, `zh-CN`). The text between sentences is kept byte
    for byte, except spaces between sentences, which the target language decides on. Without `source_lang`, the
    language of each sentence is detected, and one that is in the target language already is returned unchanged.
    `flags` name the doubts about a segment after a second attempt: `repetition`, `length`, `copied`, `language`,
    `script`, `answered`, `question`, `exclamation`, `numbers`, `negation`, `names`, `lost_words`, `example`,
    `empty`, `truncated`, `placeholder`, `term`; `retried` says that the second attempt was taken. `score` is the mean
    log probability of its tokens. A segment that the `memory` of the request translates has the `origin` `memory`.

    Without `model`, a served translation model (Marian, NLLB, M2M100, mBART, MADLAD-400) that knows the pair
    translates, and otherwise a language model. A translation model reads no instruction: `context`, `output_prefix`
    and a `formality` of `more` or `less` are for language models. With a `pivot` two translation models, or one, may
    translate through that language; then the answer names it and them.

    Sampling fields hold for each sentence; `temperature` is 0 unless given.

    Events of a stream name their text by `index` and their sentence by `segment`, in order.
    """
    call.check(body)
    order = _order(body, call.state.settings)
    way = await find_way(call, body.model, order)
    options = call.options(body, temperature=0.0, max_tokens=body.length, max_tokens_param=body.length_param)
    id = f"trans-{uuid4().hex}"
    reply = call.stream if body.stream else call.answer

    async def whole_order() -> TranslationOrder:
        whole = order
        if isinstance(body.glossary, str):
            terms = await stored_terms(call, body.glossary, body.source_lang or "", body.target_lang, body.text)
            whole = replace(whole, glossary=terms)
        if body.memory is not None:
            arguments = (body.memory, body.source_lang or "", body.target_lang, call.state.settings.max_memory_pairs)
            whole = replace(whole, memory=await asyncio.to_thread(memory_pairs, *arguments))
        return whole

    async def read_order(translator: Translator, pivot: Language) -> PivotPlan:
        return await translator.pivot_plan(await whole_order(), pivot)

    pivoted = await pivoted_plan(call, way, options, read_order)

    async def prepare() -> PreparedTranslation:
        translator = way.model.task(Translator)
        if pivoted is not None:
            return await translator.prepare_plan(pivoted.plan, options=options, request_id=id)
        return await translator.prepare(await whole_order(), options=options, request_id=id)

    return await reply(way.model, prepare, response.TranslateWriter(id=id, model=way.model.name, pivoted=pivoted))


@router.get("/v1/languages", summary="List the languages")
@openapi_responses(LANGUAGES_EXAMPLE, errors=())
async def languages(call: CurrentCall) -> Response:
    """The languages that texts can be translated from and, for each, to."""
    model = call.model(None, Capability.TRANSLATE)
    return call.json(LanguagesResponse.from_languages(model.name, languages_of_all(call.state.registry)))


def _order(body: TranslateRequest, settings: Settings) -> TranslationOrder:
    """The order of this body. Raises ApiError for what is over a limit of the operator."""
    glossary = body.glossary if isinstance(body.glossary, list) else []
    kept = body.do_not_translate or []
    check_limit("text", len(body.text), settings.max_texts, "texts")
    check_limit("text", max(map(len, body.text)), settings.max_text_length, "characters in a text")
    check_limit("glossary", len(glossary), settings.max_terms, "terms")
    check_limit("do_not_translate", len(kept), settings.max_terms, "terms")
    check_limit("alternatives", body.alternatives or 0, settings.max_n)
    return TranslationOrder(
        texts=tuple(body.text),
        target=body.target_lang,
        source=body.source_lang,
        pivot=body.pivot,
        format=body.format or "text",
        tags=body.tag_rules,
        glossary=tuple(Term(term.source, term.target) for term in glossary),
        do_not_translate=tuple(kept),
        context=body.context or "",
        output_prefix=body.output_prefix or "",
        formality=body.formality or "default",
        alternatives=body.alternatives or 0,
        quality=body.quality or "standard",
    )
