"""The bodies of the routes of glossaries."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from service.api.requests.examples import request_examples
from service.api.requests.fields import LanguageName, RequestModel, Text
from service.glossaries.entries import EntriesFormat
from service.glossaries.limits import MAX_NAME

_MAX_DICTIONARIES = 1000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _check_name(name: str) -> str:
    """The name. Raises PydanticCustomError."""
    if not name.strip() or len(name.encode()) > MAX_NAME or _CONTROL.search(name):
        words = "Input should be a name of 1 to {most} bytes without control characters"
        raise PydanticCustomError("name", words, {"most": MAX_NAME})
    return name


GlossaryName = Annotated[Text, Field(max_length=MAX_NAME), AfterValidator(_check_name)]


class DictionaryFields(RequestModel):
    """The entries for a pair of languages."""

    source_lang: LanguageName
    target_lang: LanguageName
    entries: Annotated[Text, Field(description="A term and its translation in each line.")]
    entries_format: Annotated[
        EntriesFormat | None, Field(description="What separates the two: a tab (tsv) or a comma (csv). Default: tsv.")
    ] = None


class CreateGlossaryRequest(DictionaryFields):
    """A glossary with one dictionary."""

    name: GlossaryName


class CreateMultilingualGlossaryRequest(RequestModel):
    """A glossary with a dictionary for each of several pairs of languages."""

    name: GlossaryName
    dictionaries: Annotated[list[DictionaryFields], Field(max_length=_MAX_DICTIONARIES)]


class PatchGlossaryRequest(RequestModel):
    """What to change."""

    name: GlossaryName | None = None
    dictionaries: Annotated[
        list[DictionaryFields] | None,
        Field(max_length=1, description="Entries to add to the dictionary of their pair, or to replace there."),
    ] = None


_ENTRIES = {"source_lang": "en", "target_lang": "de", "entries": "invoice\tRechnung", "entries_format": "tsv"}
CREATE_EXAMPLES = request_examples(CreateGlossaryRequest, tsv={"name": "Invoices", **_ENTRIES})
CREATE_MULTILINGUAL_EXAMPLES = request_examples(
    CreateMultilingualGlossaryRequest, tsv={"name": "Invoices", "dictionaries": [_ENTRIES]}
)
PATCH_EXAMPLES = request_examples(
    PatchGlossaryRequest,
    name={"name": "Bills"},
    entries={"dictionaries": [_ENTRIES | {"entries": "bill,Rechnung", "entries_format": "csv"}]},
)
PUT_EXAMPLES = request_examples(DictionaryFields, tsv=_ENTRIES)
