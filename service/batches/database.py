"""The SQLite file: its tables, and transactions on them."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.errors import StorageError

_VERSION = 1
_SCHEMA = """
CREATE TABLE files (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL, filename TEXT NOT NULL,
    purpose TEXT NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
);
CREATE INDEX files_of_owner ON files (owner, number);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL,
    ended_at INTEGER, record BLOB NOT NULL
);
CREATE INDEX batches_of_owner ON batches (owner, number);
CREATE TABLE results (
    batch TEXT NOT NULL, line INTEGER NOT NULL, ok INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (batch, line)
);
"""


class Database:
    """One connection that threads share, one at a time. Deleted rows are overwritten in the file.

    A transaction that has been committed survives the death of the process. Raises StorageError if the file cannot be
    opened, or was made by another version.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._create()
        except OSError as error:
            raise StorageError(f"batches_dir: cannot open {path}: {error.strerror}") from None
        except sqlite3.Error as error:
            raise StorageError(f"batches_dir: cannot open {path}: {error}") from None

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
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _create(self) -> None:
        [[version]] = self._connection.execute("PRAGMA user_version")
        if version == 0:
            self._connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"it has version {version}, and this service reads version {_VERSION}")
