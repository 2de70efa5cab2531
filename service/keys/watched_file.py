"""The current keys of a key file, which is read again when it changes."""

import logging
import time

from service.errors import KeyFileError
from service.keys.file import KeyFile
from service.keys.key_set import KeySet

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0  # between two checks of the file: a change takes effect within this time


class WatchedKeyFile:
    """The current keys of a file. If the file becomes unreadable, the keys that were read before stay valid.

    Raises KeyFileError if the file cannot be read at first.
    """

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._version = file.version()
        self._keys = KeySet(file.read())
        self._checked_at = time.monotonic()

    def current(self) -> KeySet:
        """The keys now: a new object only if the file has changed. It is checked once in ``CHECK_SECONDS`` at most."""
        now = time.monotonic()
        if now - self._checked_at >= CHECK_SECONDS:
            self._checked_at = now
            self._reload_if_changed()
        return self._keys

    def _reload_if_changed(self) -> None:
        version = self._file.version()  # taken before the file is read: the next check sees a change in between
        if version == self._version:
            return
        self._version = version
        try:
            self._keys = KeySet(self._file.read())
        except KeyFileError as error:
            logger.error("%s; the keys that were read before stay valid", error)
        else:
            logger.info("the keys were read again: there are %d", len(list(self._keys)))
