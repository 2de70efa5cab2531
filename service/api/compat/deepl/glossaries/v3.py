"""``/v3/glossaries``: glossaries with a dictionary for each pair of languages, which can be changed."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.deepl.error_format import DeepLRoute
from service.api.compat.deepl.glossaries import response
from service.api.compat.deepl.glossaries.reading import read_dictionaries, read_dictionary
from service.api.compat.deepl.glossaries.request import (
    CREATE_MULTILINGUAL_EXAMPLES,
    PATCH_EXAMPLES,
    PUT_EXAMPLES,
    CreateMultilingualGlossaryRequest,
    DictionaryFields,
    PatchGlossaryRequest,
)
from service.api.compat.deepl.glossaries.v2 import GlossaryId
from service.api.openapi.responses import openapi_responses
from service.glossaries.language_pair import language_pair
from service.keys.key import Scope

router = APIRouter(tags=["deepl"], route_class=DeepLRoute, dependencies=[requires(Scope.TRANSLATE)])

_Language = Annotated[str, Query(min_length=1, max_length=100, description="A name or a BCP-47 code.")]


@router.post("/v3/glossaries", status_code=201, summary="Store a glossary of several pairs of languages")
@openapi_responses(response.EXAMPLE_MULTILINGUAL, status=201, errors=(400, 413, 415))
async def create_glossary(
    body: Annotated[CreateMultilingualGlossaryRequest, Body(openapi_examples=CREATE_MULTILINGUAL_EXAMPLES)],
    call: CurrentCall,
) -> Response:
    """Store a glossary with a dictionary for each pair of languages."""
    call.check(body)
    dictionaries = await read_dictionaries(call, body.dictionaries)
    record = await call.state.glossaries.create(call.caller.owner, body.name, dictionaries)
    return call.json(response.DeepLMultilingualGlossary.of(record), status=201)


@router.get("/v3/glossaries", summary="List all glossaries")
@openapi_responses(response.EXAMPLE_MULTILINGUAL_LIST, errors=())
async def list_glossaries(call: CurrentCall) -> Response:
    """All glossaries of the key, the oldest first."""
    records = await call.state.glossaries.all(call.caller.owner)
    return call.json(response.DeepLMultilingualGlossaries([*map(response.DeepLMultilingualGlossary.of, records)]))


@router.get("/v3/glossaries/{id}", summary="Get what is known about a glossary of several pairs")
@openapi_responses(response.EXAMPLE_MULTILINGUAL, errors=(404,))
async def get_glossary(id: GlossaryId, call: CurrentCall) -> Response:
    """Name and dictionaries, with the number of their entries."""
    record = await call.state.glossaries.get(call.caller.owner, id)
    return call.json(response.DeepLMultilingualGlossary.of(record))


@router.patch("/v3/glossaries/{id}", summary="Rename a glossary, or add entries")
@openapi_responses(response.EXAMPLE_MULTILINGUAL, errors=(400, 404, 413, 415))
async def patch_glossary(
    id: GlossaryId, body: Annotated[PatchGlossaryRequest, Body(openapi_examples=PATCH_EXAMPLES)], call: CurrentCall
) -> Response:
    """Give a glossary another name, or add entries to the dictionary of a pair. An entry replaces one of its term."""
    call.check(body)
    glossaries, owner = call.state.glossaries, call.caller.owner
    dictionaries = await read_dictionaries(call, body.dictionaries or [])
    for pair, entries in dictionaries.items():
        await glossaries.put(owner, id, pair, entries, merge=True)
    if body.name is not None:
        await glossaries.rename(owner, id, body.name)
    return call.json(response.DeepLMultilingualGlossary.of(await glossaries.get(owner, id)))


@router.delete("/v3/glossaries/{id}", status_code=204, summary="Delete a glossary with all its dictionaries")
@openapi_responses(status=204, errors=(404,))
async def delete_glossary(id: GlossaryId, call: CurrentCall) -> Response:
    """Delete a glossary now."""
    await call.state.glossaries.delete(call.caller.owner, id)
    return Response(status_code=204)


@router.get("/v3/glossaries/{id}/entries", summary="Get the entries of a dictionary")
@openapi_responses(response.EXAMPLE_ENTRIES, errors=(400, 404))
async def get_entries(id: GlossaryId, call: CurrentCall, source_lang: _Language, target_lang: _Language) -> Response:
    """The entries for a pair of languages, as tab-separated values."""
    pair = language_pair(source_lang, target_lang)
    entries = await call.state.glossaries.entries(call.caller.owner, id, pair)
    return call.json(response.DeepLEntries.of(pair, entries))


@router.put("/v3/glossaries/{id}/dictionaries", summary="Replace a dictionary")
@openapi_responses(response.EXAMPLE_DICTIONARY, errors=(400, 404, 413, 415))
async def put_dictionary(
    id: GlossaryId, body: Annotated[DictionaryFields, Body(openapi_examples=PUT_EXAMPLES)], call: CurrentCall
) -> Response:
    """Store the entries for a pair of languages in the place of those that are there."""
    call.check(body)
    pair, entries = await read_dictionary(call, body)
    record = await call.state.glossaries.put(call.caller.owner, id, pair, entries, merge=False)
    return call.json(response.DeepLDictionary.of(record))


@router.delete("/v3/glossaries/{id}/dictionaries", status_code=204, summary="Delete a dictionary")
@openapi_responses(status=204, errors=(400, 404))
async def delete_dictionary(
    id: GlossaryId, call: CurrentCall, source_lang: _Language, target_lang: _Language
) -> Response:
    """Delete the entries for a pair of languages. A glossary without dictionaries is kept."""
    pair = language_pair(source_lang, target_lang)
    await call.state.glossaries.delete_dictionary(call.caller.owner, id, pair)
    return Response(status_code=204)
