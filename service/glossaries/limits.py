"""The bounds of stored glossaries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossaryLimits:
    """What an operator sets: ``glossaries`` of one key, ``entries`` of one dictionary, and bytes."""

    glossaries: int
    entries: int
    glossary_bytes: int  # of one glossary
    storage_bytes: int  # of all glossaries of all keys


MAX_NAME = MAX_TERM = 1024  # bytes in UTF-8, as DeepL's
DICTIONARY_BYTES = 256  # that a dictionary counts for besides its entries, so that empty ones are not free
