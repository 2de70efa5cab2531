"""Files and batches as the settings say."""

import time
from collections.abc import Callable

from service.batches.limits import BatchLimits
from service.batches.observer import BatchObserver
from service.batches.service import Batches
from service.settings import Settings


def open_batches(
    settings: Settings, observer: BatchObserver | None = None, clock: Callable[[], float] = time.time
) -> Batches | None:
    """Files and batches in ``batches_dir``, None without one. Raises StorageError."""
    if settings.batches_dir is None:
        return None
    limits = BatchLimits(
        file_bytes=settings.max_file_bytes,
        lines=settings.max_file_lines,
        line_bytes=settings.max_body_bytes,
        storage_bytes=settings.max_storage_bytes,
        files=settings.max_files,
        batches=settings.max_batches,
        lifetime=settings.file_lifetime,
        concurrency=settings.batch_concurrency,
    )
    return Batches(settings.batches_dir, limits, clock=clock, observer=observer)
