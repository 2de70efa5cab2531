"""The answers of the routes of glossaries."""

from datetime import UTC, datetime

from service.api.wire.response_model import ResponseModel
from service.errors import UnknownGlossary
from service.glossaries.records import DictionaryRecord, GlossaryRecord, LanguagePair


class DeepLGlossary(ResponseModel):
    """A glossary with one dictionary, without its entries."""

    glossary_id: str
    name: str
    ready: bool  # true
    source_lang: str
    target_lang: str
    creation_time: str
    entry_count: int

    @classmethod
    def of(cls, record: GlossaryRecord) -> "DeepLGlossary":
        """Raises UnknownGlossary for a glossary that version 2 of the API cannot show."""
        pair = only_pair(record)
        [dictionary] = record.dictionaries
        created = _time(record.created_at)
        return cls(record.id, record.name, True, pair.source, pair.target, created, dictionary.entry_count)


class DeepLGlossaries(ResponseModel):
    """All glossaries that have one dictionary."""

    glossaries: list[DeepLGlossary]


class DeepLDictionary(ResponseModel):
    """A dictionary of a glossary, without its entries."""

    source_lang: str
    target_lang: str
    entry_count: int

    @classmethod
    def of(cls, record: DictionaryRecord) -> "DeepLDictionary":
        return cls(record.pair.source, record.pair.target, record.entry_count)


class DeepLMultilingualGlossary(ResponseModel):
    """A glossary, without its entries."""

    glossary_id: str
    name: str
    dictionaries: list[DeepLDictionary]
    creation_time: str

    @classmethod
    def of(cls, record: GlossaryRecord) -> "DeepLMultilingualGlossary":
        return cls(record.id, record.name, [*map(DeepLDictionary.of, record.dictionaries)], _time(record.created_at))


class DeepLMultilingualGlossaries(ResponseModel):
    """All glossaries."""

    glossaries: list[DeepLMultilingualGlossary]


class DeepLDictionaryEntries(ResponseModel):
    """The entries of a dictionary, as tab-separated values."""

    source_lang: str
    target_lang: str
    entries: str
    entries_format: str


class DeepLEntries(ResponseModel):
    """The dictionary of the pair that was asked for."""

    dictionaries: list[DeepLDictionaryEntries]

    @classmethod
    def of(cls, pair: LanguagePair, entries: str) -> "DeepLEntries":
        return cls([DeepLDictionaryEntries(pair.source, pair.target, entries, "tsv")])


class DeepLGlossaryPair(ResponseModel):
    """Languages that a glossary may have."""

    source_lang: str
    target_lang: str


class DeepLGlossaryPairs(ResponseModel):
    """All pairs."""

    supported_languages: list[DeepLGlossaryPair]


def only_pair(record: GlossaryRecord) -> LanguagePair:
    """The pair of a glossary with one dictionary. Raises UnknownGlossary for others."""
    if len(record.dictionaries) != 1:
        raise UnknownGlossary(f"This glossary has {len(record.dictionaries)} dictionaries; use /v3/glossaries")
    return record.dictionaries[0].pair


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ID, _CREATED = "def3a26b-3e84-45b3-84ae-0c0aaf3525f7", "2026-11-29T14:16:18.329Z"
EXAMPLE = DeepLGlossary(_ID, "Invoices", True, "en", "de", _CREATED, 1)
EXAMPLE_LIST = DeepLGlossaries([EXAMPLE])
EXAMPLE_DICTIONARY = DeepLDictionary("en", "de", 1)
EXAMPLE_MULTILINGUAL = DeepLMultilingualGlossary(_ID, "Invoices", [EXAMPLE_DICTIONARY], _CREATED)
EXAMPLE_MULTILINGUAL_LIST = DeepLMultilingualGlossaries([EXAMPLE_MULTILINGUAL])
EXAMPLE_ENTRIES = DeepLEntries([DeepLDictionaryEntries("en", "de", "invoice\tRechnung", "tsv")])
EXAMPLE_PAIRS = DeepLGlossaryPairs([DeepLGlossaryPair("en", "de")])
