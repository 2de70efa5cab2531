"""The stored files: their bytes in the directory, and their records in the database."""

import os
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from service.batches.directory import Directory
from service.batches.limits import BatchLimits
from service.batches.records import FileRecord
from service.errors import StoreFull
from service.storage.database import Database

_COLUMNS = "id, owner, filename, purpose, bytes, created_at, expires_at"

BATCH, BATCH_OUTPUT = "batch", "batch_output"  # purposes


class Files:
    """All methods may be called from any thread, and block for as long as the disk takes.

    ``used`` are the bytes of all files, of those that are being written, and of results that are in no file yet.
    """

    def __init__(self, database: Database, directory: Directory, limits: BatchLimits) -> None:
        self.used = 0
        self._counting = threading.Lock()
        self._database = database
        self._directory = directory
        self._limits = limits
        with database.transaction() as connection:
            rows = connection.execute("SELECT id, bytes FROM files").fetchall()
        directory.remove_all_but({id for id, _ in rows})
        self.used = sum(size for _, size in rows)

    def count(self, size: int) -> None:
        """Add bytes to those that are used; a negative number gives them back."""
        with self._counting:
            self.used += size

    @property
    def is_full(self) -> bool:
        """Whether all files together have reached their limit."""
        return self.used >= self._limits.storage_bytes

    def check_storage(self, size: int) -> None:
        """Raises StoreFull if there is no place for ``size`` bytes. It does not block."""
        limit = self._limits.storage_bytes
        if self.used + size > limit:
            raise StoreFull(f"file: the files of all keys together have the limit of {limit} bytes", param="file")

    def check_room(self, owner: str) -> None:
        """Raises StoreFull if the owner can add no further file."""
        with self._database.transaction() as connection:
            [[count]] = connection.execute("SELECT COUNT(*) FROM files WHERE owner = ?", (owner,))
        if count >= self._limits.files:
            raise StoreFull(f"file: {count} files are kept, which is the limit; delete one", param="file")

    def new(self) -> "NewFile":
        """A new file to write into."""
        return NewFile(self, self._directory)

    def add(self, connection: sqlite3.Connection, record: FileRecord, new: "NewFile") -> None:
        """Keep a written file. ``connection`` is that of a transaction."""
        new.keep_as(record.id)
        values = (record.id, record.owner, record.filename, record.purpose, record.bytes)
        connection.execute(
            f"INSERT INTO files ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*values, record.created_at, record.expires_at),
        )

    def add_upload(self, record: FileRecord, new: "NewFile") -> None:
        """Keep an uploaded file. Raises StoreFull."""
        self.check_room(record.owner)
        with self._database.transaction() as connection:
            self.add(connection, record, new)

    def get(self, owner: str, id: str) -> FileRecord | None:
        """The owner's file with this id."""
        with self._database.transaction() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM files WHERE id = ? AND owner = ?", (id, owner)).fetchone()
        return None if row is None else _record(row)

    def page(
        self, owner: str, *, limit: int, after: str | None, purpose: str | None, ascending: bool
    ) -> Sequence[FileRecord] | None:
        """Up to ``limit`` files by age, from behind the file ``after``; None if the owner has no such file."""
        comparison, order = (">", "ASC") if ascending else ("<", "DESC")
        with self._database.transaction() as connection:
            clause, values = "owner = ?", [owner]
            if after is not None:
                row = connection.execute(
                    "SELECT number FROM files WHERE id = ? AND owner = ?", (after, owner)
                ).fetchone()
                if row is None:
                    return None
                clause, values = f"{clause} AND number {comparison} ?", [*values, row[0]]
            if purpose is not None:
                clause, values = f"{clause} AND purpose = ?", [*values, purpose]
            query = f"SELECT {_COLUMNS} FROM files WHERE {clause} ORDER BY number {order} LIMIT ?"
            return [_record(row) for row in connection.execute(query, (*values, limit))]

    def expired(self, now: float) -> Sequence[FileRecord]:
        """The files of all owners whose time is over."""
        with self._database.transaction() as connection:
            return [
                _record(row)
                for row in connection.execute(f"SELECT {_COLUMNS} FROM files WHERE expires_at <= ?", (now,))
            ]

    def delete(self, record: FileRecord) -> None:
        """Delete a file: its record, its bytes, and every copy of them."""
        with self._database.transaction() as connection:
            deleted = connection.execute("DELETE FROM files WHERE id = ?", (record.id,)).rowcount
        self.count(-record.bytes if deleted else 0)
        self._directory.remove(record.id)
        self._database.forget_deleted()

    def content(self, id: str) -> Path:
        """The path of the bytes of a file."""
        return self._directory.content(id)


class NewFile:
    """A file that is being written. Leaving the block removes it, unless it was kept."""

    def __init__(self, files: Files, directory: Directory) -> None:
        self.size = 0
        self._files = files
        self._directory = directory
        self._path, self._file = directory.new_part()
        self._kept = False

    def __enter__(self) -> "NewFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if not self._kept:
            self._files.count(-self.size)
            self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self.size += len(data)
        self._files.count(len(data))
        self._file.write(data)

    def keep_as(self, id: str) -> None:
        """Give the file its name, when its bytes are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._directory.keep(self._path, id)
        self._kept = True


def _record(row: tuple[str, str, str, str, int, int, int]) -> FileRecord:
    id, owner, filename, purpose, size, created_at, expires_at = row
    return FileRecord(
        id=id,
        owner=owner,
        filename=filename,
        purpose=purpose,
        bytes=size,
        created_at=created_at,
        expires_at=expires_at,
    )
