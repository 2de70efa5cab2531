"""The stored documents: records, requests, files, and the translations of their segments until these are a file."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from service.documents.limits import DocumentLimits
from service.documents.records import DocumentRecord, DocumentRequest
from service.documents.windows import SegmentResult, WindowResult
from service.errors import StoreFull
from service.storage.database import Database

VERSION = 2
SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL, ended_at INTEGER,
    expires_at INTEGER, bytes INTEGER NOT NULL, record BLOB NOT NULL
);
CREATE INDEX documents_of_owner ON documents (owner);
CREATE TABLE contents (document TEXT PRIMARY KEY, request BLOB, file BLOB NOT NULL);
CREATE TABLE windows (document TEXT NOT NULL, segments BLOB NOT NULL);
CREATE INDEX windows_of_document ON windows (document);
"""
_decode = msgspec.msgpack.Decoder(DocumentRecord).decode
_decode_request = msgspec.msgpack.Decoder(DocumentRequest).decode
_decode_segments = msgspec.msgpack.Decoder(list[SegmentResult]).decode
_encode = msgspec.msgpack.encode


class DocumentStore:
    """All methods may be called from any thread, and block for as long as the disk takes.

    The file of a document is the one to translate, and from its end on the translated one. Requests and files are in
    rows of their own, because SQLite writes a row as a whole and records change with every window.
    """

    def __init__(self, database: Database, limits: DocumentLimits) -> None:
        self._database = database
        self._limits = limits

    def add(self, record: DocumentRecord, request: DocumentRequest, file: bytes) -> None:
        """Keep a new document. Raises StoreFull."""
        limits = self._limits
        encoded = _encode(request)
        size = len(encoded) + len(file)
        with self._database.transaction() as connection:
            [[count]] = connection.execute("SELECT COUNT(*) FROM documents WHERE owner = ?", (record.owner,))
            if count >= limits.jobs:
                raise StoreFull(f"file: {count} documents are kept, which is the limit; delete one", param="file")
            [[used]] = connection.execute("SELECT TOTAL(bytes) FROM documents")
            if used + size > limits.storage_bytes:
                message = f"file: the documents of all keys together have the limit of {limits.storage_bytes} bytes"
                raise StoreFull(message, param="file")
            connection.execute(
                "INSERT INTO documents (id, owner, bytes, record) VALUES (?, ?, ?, ?)",
                (record.id, record.owner, size, _encode(record)),
            )
            connection.execute("INSERT INTO contents VALUES (?, ?, ?)", (record.id, encoded, file))

    def get(self, id: str) -> DocumentRecord | None:
        """The document of any owner with this id."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT record FROM documents WHERE id = ?", (id,)).fetchone()
        return None if row is None else _decode(row[0])

    def file(self, id: str) -> bytes | None:
        """The file of a document, None if it was deleted."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT file FROM contents WHERE document = ?", (id,)).fetchone()
        return None if row is None else bytes(row[0])

    def request(self, id: str) -> DocumentRequest | None:
        """The request of a document that has not ended, None if it was deleted."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT request FROM contents WHERE document = ?", (id,)).fetchone()
        return None if row is None else _decode_request(row[0])

    def unfinished(self) -> Sequence[DocumentRecord]:
        """The documents of all owners that have not ended, the oldest first."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT record FROM documents WHERE ended_at IS NULL ORDER BY number")
            return [_decode(record) for (record,) in rows]

    def update(self, id: str, **values: Any) -> DocumentRecord | None:
        """The document with changed fields, None if it was deleted."""
        with self._database.transaction() as connection:
            return _update(connection, id, **values)

    def restart(self, id: str, **values: Any) -> DocumentRecord | None:
        """The same for a document whose segments are other ones than before: no translation of them counts."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM windows WHERE document = ?", (id,))
            return _update(connection, id, done=0, flags={}, **values)

    def done(self, id: str) -> dict[int, SegmentResult]:
        """The segments of a document that are done, by number."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT segments FROM windows WHERE document = ?", (id,))
            return {each.number: each for (segments,) in rows for each in _decode_segments(segments)}

    def add_window(self, id: str, result: WindowResult) -> DocumentRecord | None:
        """Keep the translations of a window, and count them. From then on no restart loses them."""
        with self._database.transaction() as connection:
            record = _read(connection, id)
            if record is None:
                return None
            connection.execute("INSERT INTO windows VALUES (?, ?)", (id, _encode(result.segments)))
            return _update(
                connection,
                id,
                done=record.done + len(result.segments),
                flags=_counted(record.flags, result.segments),
                prompt_tokens=record.prompt_tokens + result.prompt_tokens,
                completion_tokens=record.completion_tokens + result.completion_tokens,
                pivot=result.pivot or record.pivot,
            )

    def end(self, id: str, file: bytes, now: int, **values: Any) -> DocumentRecord | None:
        """The end of a document: ``file`` takes the place of its request, its file and all translations."""
        with self._database.transaction() as connection:
            expires_at = now + self._limits.lifetime
            record = _update(connection, id, ended_at=now, expires_at=expires_at, **values)
            connection.execute(
                "UPDATE documents SET ended_at = ?, expires_at = ?, bytes = ? WHERE id = ?",
                (now, expires_at, len(file), id),
            )
            connection.execute("UPDATE contents SET request = NULL, file = ? WHERE document = ?", (file, id))
            connection.execute("DELETE FROM windows WHERE document = ?", (id,))
        self._database.forget_deleted()
        return record

    def delete(self, id: str) -> None:
        """Delete a document, and everything that was made of it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM documents WHERE id = ?", (id,))
            connection.execute("DELETE FROM contents WHERE document = ?", (id,))
            connection.execute("DELETE FROM windows WHERE document = ?", (id,))
        self._database.forget_deleted()

    def expired(self, now: float) -> Sequence[str]:
        """The ids of the documents whose time is over."""
        with self._database.transaction() as connection:
            return [id for (id,) in connection.execute("SELECT id FROM documents WHERE expires_at <= ?", (now,))]


def _read(connection: sqlite3.Connection, id: str) -> DocumentRecord | None:
    row = connection.execute("SELECT record FROM documents WHERE id = ?", (id,)).fetchone()
    return None if row is None else _decode(row[0])


def _update(connection: sqlite3.Connection, id: str, **values: Any) -> DocumentRecord | None:
    if (record := _read(connection, id)) is None:
        return None
    record = msgspec.structs.replace(record, **values)
    connection.execute("UPDATE documents SET record = ? WHERE id = ?", (_encode(record), id))
    return record


def _counted(flags: Mapping[str, int], segments: Sequence[SegmentResult]) -> dict[str, int]:
    """The counts with those of more segments."""
    counts = dict(flags)
    for segment in segments:
        for flag in segment.flags:
            counts[flag] = counts.get(flag, 0) + 1
    return counts
