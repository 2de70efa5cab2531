"""The stored batches, and the results of their lines until these are files."""

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from service.batches.files import BATCH_OUTPUT, Files, NewFile
from service.batches.limits import BatchLimits
from service.batches.records import BatchRecord, BatchStatus, FileRecord
from service.batches.results import LineResult
from service.errors import FileInUse, StoreFull
from service.storage.database import Database

_decode = msgspec.json.Decoder(BatchRecord).decode
_encode = msgspec.json.encode


class BatchStore:
    """All methods may be called from any thread, and block for as long as the disk takes."""

    def __init__(self, database: Database, files: Files, limits: BatchLimits) -> None:
        self._database = database
        self._files = files
        self._limits = limits
        with database.transaction() as connection:
            [[size]] = connection.execute("SELECT TOTAL(LENGTH(body)) FROM results")
        files.count(int(size))

    def add(self, record: BatchRecord) -> None:
        """Keep a new batch. The owner's oldest batch that has ended makes room for it, or it raises StoreFull."""
        with self._database.transaction() as connection:
            of_owner = connection.execute(
                "SELECT id, ended_at FROM batches WHERE owner = ? ORDER BY number", (record.owner,)
            )
            kept = of_owner.fetchall()
            ended = [id for id, ended_at in kept if ended_at is not None]
            excess = len(kept) + 1 - self._limits.batches
            if excess > len(ended):
                message = f"{len(kept)} batches have not ended, which is the limit; wait for one, or cancel it"
                raise StoreFull(message)
            connection.executemany("DELETE FROM batches WHERE id = ?", [(id,) for id in ended[: max(excess, 0)]])
            row = (record.id, record.owner, _encode(record))
            connection.execute("INSERT INTO batches (id, owner, record) VALUES (?, ?, ?)", row)

    def get(self, owner: str, id: str) -> BatchRecord | None:
        """The owner's batch with this id."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT record FROM batches WHERE id = ? AND owner = ?", (id, owner)).fetchone()
        return None if row is None else _decode(row[0])

    def page(self, owner: str, *, limit: int, after: str | None) -> Sequence[BatchRecord] | None:
        """Up to ``limit`` batches, the newest first, from behind the batch ``after``; None if there is no such."""
        with self._database.transaction() as connection:
            number = 1 << 62
            if after is not None:
                row = connection.execute(
                    "SELECT number FROM batches WHERE id = ? AND owner = ?", (after, owner)
                ).fetchone()
                if row is None:
                    return None
                number = row[0]
            query = "SELECT record FROM batches WHERE owner = ? AND number < ? ORDER BY number DESC LIMIT ?"
            return [_decode(record) for (record,) in connection.execute(query, (owner, number, limit))]

    def unfinished(self) -> Sequence[BatchRecord]:
        """The batches of all owners that have not ended, the oldest first."""
        with self._database.transaction() as connection:
            return _unfinished(connection)

    def update(self, id: str, **values: Any) -> BatchRecord:
        """The batch with changed fields. One that has ended is not changed, and one that is cancelled stays so."""
        with self._database.transaction() as connection:
            record = _read(connection, id)
            if record.status is BatchStatus.CANCELLING:
                values = {name: value for name, value in values.items() if name != "status"}
            return record if record.has_ended or not values else _write(connection, record, **values)

    def cancel(self, id: str, now: int) -> BatchRecord:
        """The batch, which is being cancelled unless it has ended or all its lines are done."""
        with self._database.transaction() as connection:
            record = _read(connection, id)
            if record.has_ended or record.status in (BatchStatus.CANCELLING, BatchStatus.FINALIZING):
                return record
            return _write(connection, record, status=BatchStatus.CANCELLING, cancelling_at=now)

    def done_lines(self, id: str) -> frozenset[int]:
        """The lines of a batch that have results."""
        with self._database.transaction() as connection:
            return frozenset(line for (line,) in connection.execute("SELECT line FROM results WHERE batch = ?", (id,)))

    def add_results(self, id: str, results: Iterable[LineResult]) -> None:
        """Keep the results of lines, and count them. From then on no restart loses them."""
        with self._database.transaction() as connection:
            record = _read(connection, id)
            completed, failed, tokens, size = record.completed, record.failed, record.tokens, 0
            for result in results:
                row = (id, result.line, result.is_answer, result.text)
                connection.execute("INSERT INTO results (batch, line, ok, body) VALUES (?, ?, ?, ?)", row)
                completed, failed = completed + result.is_answer, failed + (not result.is_answer)
                tokens, size = tokens + result.tokens, size + len(result.text)
            _write(connection, record, completed=completed, failed=failed, tokens=tokens)
        self._files.count(size)

    def end(self, id: str, status: BatchStatus, now: int, **values: Any) -> BatchRecord:
        """The end of a batch: its results become files, and its last status is set, both or neither."""
        with self._files.new() as output, self._files.new() as errors:
            size = 0
            for ok, new in ((True, output), (False, errors)):
                for text in self._results(id, ok):
                    new.write(text + b"\n")
                    size += len(text)
            with self._database.transaction() as connection:
                record = _read(connection, id)
                if record.has_ended:
                    return record
                values |= {"status": status, f"{status}_at": now}
                for name, new in (("output", output), ("error", errors)):
                    if new.size:
                        file = _made_file(record, name, new, now)
                        self._files.add(connection, file, new)
                        values[f"{name}_file_id"] = file.id
                record = _write(connection, record, **values)
                connection.execute("UPDATE batches SET ended_at = ? WHERE id = ?", (now, id))
                connection.execute("DELETE FROM results WHERE batch = ?", (id,))
        self._files.count(-size)
        self._database.forget_deleted()
        return record

    def delete_file(self, record: FileRecord) -> None:
        """Delete a file. Raises FileInUse while a batch reads it."""
        with self._database.transaction() as connection:
            reader = next((each for each in _unfinished(connection) if each.input_file_id == record.id), None)
        if reader is not None:
            raise FileInUse(f"The batch {reader.id} reads this file; cancel the batch first")
        self._files.delete(record)

    def forget_ended(self, before: float) -> None:
        """Forget batches that ended before this moment."""
        with self._database.transaction() as connection:
            count = connection.execute("DELETE FROM batches WHERE ended_at <= ?", (before,)).rowcount
        if count:
            self._database.forget_deleted()

    def _results(self, id: str, ok: bool) -> Iterable[bytes]:
        """The results of one kind, in the order of the lines. Few are in memory at a time."""
        line = 0
        query = "SELECT line, body FROM results WHERE batch = ? AND ok = ? AND line > ? ORDER BY line LIMIT 50"
        while True:
            with self._database.transaction() as connection:
                rows = connection.execute(query, (id, ok, line)).fetchall()
            if not rows:
                return
            yield from (body for _, body in rows)
            line = rows[-1][0]


def _made_file(batch: BatchRecord, name: str, new: NewFile, now: int) -> FileRecord:
    return FileRecord(
        id=f"file-{secrets.token_hex(16)}",
        owner=batch.owner,
        filename=f"{batch.id}_{name}.jsonl",
        purpose=BATCH_OUTPUT,
        bytes=new.size,
        created_at=now,
        expires_at=now + batch.output_seconds,
    )


def _unfinished(connection: sqlite3.Connection) -> list[BatchRecord]:
    rows = connection.execute("SELECT record FROM batches WHERE ended_at IS NULL ORDER BY number")
    return [_decode(record) for (record,) in rows]


def _read(connection: sqlite3.Connection, id: str) -> BatchRecord:
    [[record]] = connection.execute("SELECT record FROM batches WHERE id = ?", (id,))
    return _decode(record)


def _write(connection: sqlite3.Connection, record: BatchRecord, **values: Any) -> BatchRecord:
    record = msgspec.structs.replace(record, **values)
    connection.execute("UPDATE batches SET record = ? WHERE id = ?", (_encode(record), record.id))
    return record
