"""The layout of the store on disk.

    root/
      ready/<key>/       complete models: their files and the manifest, trivium.json
      artifacts/<key>/   verified GGUF files, kept so that a newer conversion needs no second download
      unfinished/<key>/  downloads and conversions that are running or were interrupted
      locks/<key>.lock   held by the process that works on <key>

A directory under ``ready`` gets its name by one rename when everything in it is complete, so a killed process leaves no
half-valid model. Of two processes that want the same model, one waits.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from model_store import manifest
from model_store.manifest import Manifest

logger = logging.getLogger(__name__)


class StoreLayout:
    """The directories under ``root``. Each is created when it is first needed."""

    def __init__(self, root: Path) -> None:
        self.ready = root / "ready"
        self.artifacts = root / "artifacts"
        self.unfinished = root / "unfinished"
        self._locks = root / "locks"

    def workspace(self, key: str) -> Path:
        """The directory for downloads and conversions of a model, which is created if it does not exist."""
        directory = self.unfinished / key
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def commit(self, key: str, directory: Path, contents: Manifest) -> None:
        """Move the finished directory to its place under ``ready``, and delete all that is unfinished.

        An older directory there is damaged, or of an older release.
        """
        manifest.write(directory, contents)
        target = self.ready / key
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            replaced = self.unfinished / key / "replaced"
            shutil.rmtree(replaced, ignore_errors=True)  # left by a killed process
            os.replace(target, replaced)
        os.replace(directory, target)
        shutil.rmtree(self.unfinished / key)

    def remove(self, key: str) -> bool:
        """Delete a model, its artifact and its partial downloads. Returns False if none of them exists."""
        places = [place / key for place in (self.ready, self.artifacts, self.unfinished) if (place / key).exists()]
        if not places:
            return False
        with self.lock(key):
            for place in places:
                shutil.rmtree(place)
        return True

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the key's lock. The operating system frees the lock of a process that dies."""
        path = self._locks / f"{key}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            logger.info("waiting for another process that works on %s", key)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()
