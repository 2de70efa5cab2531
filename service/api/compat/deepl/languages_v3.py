"""``/v3/languages``: which languages each part of DeepL's API has here, and with which features."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.deepl.error_format import DeepLRoute
from service.api.compat.deepl.languages import formal_bases, target_variants
from service.api.openapi.responses import openapi_responses
from service.api.translating.languages import sources_of_all, targets_of_all
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.keys.key import Scope
from service.serving.registry import Registry
from service.tasks.text.languages import find_language

router = APIRouter(tags=["deepl"], route_class=DeepLRoute, dependencies=[requires(Scope.TRANSLATE)])

Resource = Literal[
    "translate_text", "translate_document", "glossary", "voice", "write", "style_rules", "translation_memory"
]


class FeatureStatus(ResponseModel):
    """A feature that a language has."""

    status: str = "stable"


class LanguageFeatures(ResponseModel):
    """The features that a language has, each with its status."""

    auto_detection: FeatureStatus | UnsetType = UNSET
    formality: FeatureStatus | UnsetType = UNSET
    glossary: FeatureStatus | UnsetType = UNSET
    tag_handling: FeatureStatus | UnsetType = UNSET


class ResourceLanguage(ResponseModel):
    """A language, and how it can be used."""

    lang: str
    name: str
    usable_as_source: bool
    usable_as_target: bool
    features: LanguageFeatures
    status: str = "stable"


class ResourceFeature(ResponseModel):
    """A feature, and which of the two languages have to have it."""

    name: str
    needs_source_support: bool | UnsetType = UNSET
    needs_target_support: bool | UnsetType = UNSET


class ResourceFeatures(ResponseModel):
    """A part of the API, and its features."""

    name: str
    features: list[ResourceFeature]


_FEATURES = [
    ResourceFeature("formality", needs_target_support=True),
    ResourceFeature("tag_handling", needs_source_support=True, needs_target_support=True),
    ResourceFeature("glossary", needs_source_support=True, needs_target_support=True),
    ResourceFeature("auto_detection", needs_source_support=True),
]
_RESOURCES = [ResourceFeatures("translate_text", _FEATURES), ResourceFeatures("glossary", [])]


@router.get("/v3/languages", summary="List the languages of a part of DeepL's API")
@openapi_responses(
    [ResourceLanguage("de", "German", True, True, LanguageFeatures(formality=FeatureStatus()))], errors=(400,)
)
async def languages(
    call: CurrentCall,
    resource: Annotated[Resource, Query(description="The part. There are no languages of those not served.")],
    include: Annotated[
        list[Annotated[str, Query(max_length=100)]] | None,
        Query(max_length=10, description="beta or external: there are none, so it changes nothing."),
    ] = None,
) -> Response:
    """The languages that texts can be translated from and to, or that a glossary may have."""
    served = {"translate_text": _text_languages, "glossary": _glossary_languages}
    return call.json(served[resource](call.state.registry) if resource in served else [])


@router.get("/v3/languages/resources", summary="List the parts of DeepL's API that are served")
@openapi_responses(_RESOURCES, errors=())
async def resources(call: CurrentCall) -> Response:
    """The parts that have languages, with the features that depend on a language."""
    return call.json(_RESOURCES)


def _text_languages(registry: Registry) -> list[ResourceLanguage]:
    targets, formal = list(target_variants(registry)), formal_bases(registry)
    bases = [find_language(base) for base in dict.fromkeys(each.base for each in sources_of_all(registry))]
    codes = {language.code for language in targets}
    sources = {language.code for language in bases}
    return [
        ResourceLanguage(
            language.code,
            language.name,
            language.code in sources,
            language.code in codes,
            LanguageFeatures(
                auto_detection=FeatureStatus() if language.code in sources else UNSET,
                formality=FeatureStatus() if language.base in formal else UNSET,
                glossary=FeatureStatus(),
                tag_handling=FeatureStatus(),
            ),
        )
        for language in {each.code: each for each in (*bases, *targets)}.values()
    ]


def _glossary_languages(registry: Registry) -> list[ResourceLanguage]:
    languages = [*sources_of_all(registry), *targets_of_all(registry)]
    bases = map(find_language, dict.fromkeys(each.base for each in languages))
    return [ResourceLanguage(each.base, each.name, True, True, LanguageFeatures()) for each in bases]
