"""The bounds of documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """Bytes, numbers and seconds that an operator sets. ``jobs`` are those of one key; the rest is for all keys.

    ``file_bytes`` and ``characters`` are those of one file. ``lifetime`` begins at a document's end.
    """

    file_bytes: int
    characters: int
    jobs: int
    storage_bytes: int
    lifetime: int
    concurrency: int
