"""Documents as the settings say."""

import time
from collections.abc import Callable

from service.documents.limits import DocumentLimits
from service.documents.observer import DocumentObserver
from service.documents.service import Documents
from service.settings import Settings


def open_documents(
    settings: Settings, observer: DocumentObserver | None = None, clock: Callable[[], float] = time.time
) -> Documents:
    """Documents in ``documents_dir``, without one in memory. Raises StorageError."""
    limits = DocumentLimits(
        file_bytes=settings.max_document_bytes,
        characters=settings.max_document_characters,
        jobs=settings.max_document_jobs,
        storage_bytes=settings.max_document_storage,
        lifetime=settings.document_lifetime,
        concurrency=settings.document_concurrency,
    )
    return Documents(settings.documents_dir, limits, clock=clock, observer=observer)
