"""Dictionaries of a body as they are stored."""

from collections.abc import Sequence

from service.api.call import Call
from service.api.compat.deepl.glossaries.request import DictionaryFields
from service.errors import InvalidOption
from service.glossaries.entries import Entries
from service.glossaries.language_pair import language_pair
from service.glossaries.records import LanguagePair


async def read_dictionary(call: Call, body: DictionaryFields, *, prefix: str = "") -> tuple[LanguagePair, Entries]:
    """The pair and the entries. ``prefix`` is the path to the fields. Raises TaskError."""
    pair = language_pair(body.source_lang, body.target_lang, prefix=prefix)
    format = body.entries_format or "tsv"
    return pair, await call.state.glossaries.read(body.entries, format, param=f"{prefix}entries")


async def read_dictionaries(call: Call, bodies: Sequence[DictionaryFields]) -> dict[LanguagePair, Entries]:
    """The entries by pair, of the field ``dictionaries``. Raises TaskError."""
    dictionaries: dict[LanguagePair, Entries] = {}
    for i, body in enumerate(bodies):
        pair, entries = await read_dictionary(call, body, prefix=f"dictionaries.{i}.")
        if pair in dictionaries:
            raise InvalidOption("an earlier dictionary has the same languages", param=f"dictionaries.{i}")
        dictionaries[pair] = entries
    return dictionaries
