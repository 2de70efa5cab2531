"""The bounds of files and batches."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """Bytes, numbers and seconds that an operator sets. ``files`` and ``batches`` are those of one key."""

    file_bytes: int
    lines: int
    line_bytes: int
    storage_bytes: int
    files: int
    batches: int
    lifetime: int
    concurrency: int


WINDOW = 24 * 3600  # seconds in which a batch is computed
