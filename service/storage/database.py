"""A SQLite database: its tables, and transactions on them."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from service.errors import StorageError
from service.storage.locked_directory import LockedDirectory


class Database:
    """One connection that threads share, one at a time. Deleted rows are overwritten in the file.

    Without a ``path`` the database is in memory, and gone with this object. ``schema`` makes the tables of this
    ``version``; ``setting`` is the operator's name of the directory, for errors.

    A transaction that has been committed survives the death of the process. Raises StorageError if the file cannot be
    opened, or was made by another version.
    """

    def __init__(self, path: Path | None, schema: str, *, version: int, setting: str) -> None:
        self._lock = threading.Lock()
        self._directory: LockedDirectory | None = None
        self._schema = schema
        self._version = version
        try:
            if path is not None:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._create()
        except OSError as error:
            raise StorageError(f"{setting}: cannot open {path}: {error.strerror}") from None
        except sqlite3.Error as error:
            raise StorageError(f"{setting}: cannot open {path}: {error}") from None

    @classmethod
    def in_directory(cls, directory: Path | None, name: str, schema: str, *, version: int, setting: str) -> Self:
        """The database of this file name in a directory, which is locked until ``close``; without one, in memory.

        Raises StorageError also if the directory cannot be used, or another process uses it.
        """
        if directory is None:
            return cls(None, schema, version=version, setting=setting)
        locked = LockedDirectory(directory, setting=setting)
        try:
            database = cls(locked.path / name, schema, version=version, setting=setting)
        except StorageError:
            locked.close()
            raise
        database._directory = locked
        return database

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection; what the block does is committed at its end, or undone if it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def forget_deleted(self) -> None:
        """Empty the write-ahead log, so that deleted rows are in no file any more."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file, and unlock its directory."""
        with self._lock:
            self._connection.close()
        if self._directory is not None:
            self._directory.close()

    def _create(self) -> None:
        [[version]] = self._connection.execute("PRAGMA user_version")
        if version == 0:
            self._connection.executescript(f"BEGIN; {self._schema} PRAGMA user_version = {self._version}; COMMIT;")
        elif version != self._version:
            raise sqlite3.DatabaseError(f"it has version {version}, and this service reads version {self._version}")
