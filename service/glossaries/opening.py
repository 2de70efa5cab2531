"""Stored glossaries as the settings say."""

import time
from collections.abc import Callable

from service.glossaries.glossaries import Glossaries
from service.glossaries.limits import GlossaryLimits
from service.settings import Settings


def open_glossaries(settings: Settings, clock: Callable[[], float] = time.time) -> Glossaries:
    """Glossaries in ``glossaries_dir`` or, without one, in memory. Raises StorageError."""
    limits = GlossaryLimits(
        glossaries=settings.max_glossaries,
        entries=settings.max_glossary_entries,
        glossary_bytes=settings.max_glossary_bytes,
        storage_bytes=settings.max_glossary_storage,
    )
    return Glossaries(settings.glossaries_dir, limits, clock=clock)
