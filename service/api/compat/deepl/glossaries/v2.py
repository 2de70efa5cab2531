"""``/v2/glossaries``: glossaries of one pair of languages, which are made, read and deleted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.deepl.error_format import DeepLRoute
from service.api.compat.deepl.glossaries import response
from service.api.compat.deepl.glossaries.reading import read_dictionary
from service.api.compat.deepl.glossaries.request import CREATE_EXAMPLES, CreateGlossaryRequest
from service.api.openapi.responses import openapi_responses
from service.api.requests.bodies import json_or_form, json_or_form_schema
from service.api.translating.languages import languages_of_all
from service.keys.key import Scope

router = APIRouter(tags=["deepl"], route_class=DeepLRoute, dependencies=[requires(Scope.TRANSLATE)])

GlossaryId = Annotated[str, Path(max_length=256, description="The id of a glossary.")]
_CreateBody = Annotated[CreateGlossaryRequest, Depends(json_or_form(CreateGlossaryRequest))]


class TabSeparated(Response):
    """A term, a tab and its translation in each line."""

    media_type = "text/tab-separated-values"


@router.post(
    "/v2/glossaries",
    status_code=201,
    summary="Store a glossary, as DeepL does",
    openapi_extra=json_or_form_schema(CreateGlossaryRequest, CREATE_EXAMPLES),
)
@openapi_responses(response.EXAMPLE, status=201, errors=(400, 413, 415))
async def create_glossary(body: _CreateBody, call: CurrentCall) -> Response:
    """Store terms and their translations from one language to another. The key that made it can use it at once.

    Without `glossaries_dir`, glossaries are in memory and gone after a restart.
    """
    call.check(body)
    pair, entries = await read_dictionary(call, body)
    record = await call.state.glossaries.create(call.caller.owner, body.name, {pair: entries})
    return call.json(response.DeepLGlossary.of(record), status=201)


@router.get("/v2/glossaries", summary="List glossaries")
@openapi_responses(response.EXAMPLE_LIST, errors=())
async def list_glossaries(call: CurrentCall) -> Response:
    """The glossaries of the key that have one pair of languages. `/v3/glossaries` has all."""
    records = await call.state.glossaries.all(call.caller.owner)
    shown = [response.DeepLGlossary.of(record) for record in records if len(record.dictionaries) == 1]
    return call.json(response.DeepLGlossaries(shown))


@router.get("/v2/glossaries/{id}", summary="Get what is known about a glossary")
@openapi_responses(response.EXAMPLE, errors=(404,))
async def get_glossary(id: GlossaryId, call: CurrentCall) -> Response:
    """Name, languages and number of entries."""
    return call.json(response.DeepLGlossary.of(await call.state.glossaries.get(call.caller.owner, id)))


@router.get("/v2/glossaries/{id}/entries", summary="Get the entries of a glossary", response_class=TabSeparated)
async def get_entries(id: GlossaryId, call: CurrentCall) -> Response:
    """A term, a tab and its translation in each line."""
    glossaries, owner = call.state.glossaries, call.caller.owner
    pair = response.only_pair(await glossaries.get(owner, id))
    return TabSeparated(await glossaries.entries(owner, id, pair))


@router.delete("/v2/glossaries/{id}", status_code=204, summary="Delete a glossary")
@openapi_responses(status=204, errors=(404,))
async def delete_glossary(id: GlossaryId, call: CurrentCall) -> Response:
    """Delete a glossary of one pair of languages now."""
    glossaries, owner = call.state.glossaries, call.caller.owner
    response.only_pair(await glossaries.get(owner, id))
    await glossaries.delete(owner, id)
    return Response(status_code=204)


@router.get("/v2/glossary-language-pairs", summary="List the languages of glossaries")
@openapi_responses(response.EXAMPLE_PAIRS, errors=())
async def language_pairs(call: CurrentCall) -> Response:
    """The pairs that the served models translate. Regions and scripts do not matter to glossaries."""
    known = languages_of_all(call.state.registry).items()
    pairs = dict.fromkeys((source.base, target.base) for source, targets in known for target in targets)
    different = [response.DeepLGlossaryPair(*pair) for pair in pairs if pair[0] != pair[1]]
    return call.json(response.DeepLGlossaryPairs(different))
