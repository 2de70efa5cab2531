"""Glossaries as the routes see them, without their entries. Times are Unix seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class LanguagePair:
    """The codes of two languages without script and region, such as en and de."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class DictionaryRecord:
    """The entries of a glossary for one pair of languages: how many there are."""

    pair: LanguagePair
    entry_count: int


@dataclass(frozen=True, slots=True)
class GlossaryRecord:
    """A glossary. No two dictionaries have the same pair."""

    id: str
    name: str
    created_at: float
    dictionaries: tuple[DictionaryRecord, ...]
