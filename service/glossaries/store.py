"""The stored glossaries of all owners."""

import sqlite3
from collections.abc import Mapping, Sequence

from service.errors import StoreFull, UnknownGlossary
from service.glossaries.entries import Entries, read_tsv, write_tsv
from service.glossaries.limits import DICTIONARY_BYTES, GlossaryLimits
from service.glossaries.records import DictionaryRecord, GlossaryRecord, LanguagePair
from service.storage.database import Database


class GlossaryStore:
    """All methods may be called from any thread, and block for as long as the disk takes.

    ``owner`` names a key, see ``Caller.owner``. What another owner has raises UnknownGlossary as what is not there.
    """

    def __init__(self, database: Database, limits: GlossaryLimits) -> None:
        self._database = database
        self._limits = limits

    def add(self, owner: str, id: str, name: str, now: float, dictionaries: Mapping[LanguagePair, Entries]) -> None:
        """Keep a new glossary. Raises StoreFull."""
        with self._database.transaction() as connection:
            [[count]] = connection.execute("SELECT COUNT(*) FROM glossaries WHERE owner = ?", (owner,))
            if count >= self._limits.glossaries:
                raise StoreFull(f"{count} glossaries are kept, which is the limit; delete one")
            row = (id, owner, name, now)
            connection.execute("INSERT INTO glossaries (id, owner, name, created_at) VALUES (?, ?, ?, ?)", row)
            for pair, entries in dictionaries.items():
                _write(connection, id, pair, entries)
            self._check_room(connection, id)

    def get(self, owner: str, id: str) -> GlossaryRecord:
        """The owner's glossary with this id. Raises UnknownGlossary."""
        with self._database.transaction() as connection:
            return _one(connection, owner, id)

    def all(self, owner: str) -> Sequence[GlossaryRecord]:
        """The owner's glossaries, the oldest first."""
        with self._database.transaction() as connection:
            return _read(connection, "owner = ?", owner)

    def named(self, owner: str, name: str) -> Sequence[GlossaryRecord]:
        """The owner's glossaries with this name. Names need not differ."""
        with self._database.transaction() as connection:
            return _read(connection, "owner = ? AND name = ?", owner, name)

    def entries(self, owner: str, id: str, pair: LanguagePair) -> str:
        """The entries of a dictionary as TSV. Raises UnknownGlossary."""
        with self._database.transaction() as connection:
            _one(connection, owner, id)
            return _entries(connection, id, pair)

    def rename(self, owner: str, id: str, name: str) -> None:
        """Give a glossary another name. Raises UnknownGlossary."""
        with self._database.transaction() as connection:
            _one(connection, owner, id)
            connection.execute("UPDATE glossaries SET name = ? WHERE id = ?", (name, id))

    def put(self, owner: str, id: str, pair: LanguagePair, entries: Entries, *, merge: bool) -> DictionaryRecord:
        """Write a dictionary in the place of the one of this pair or, to ``merge``, into it.

        Raises UnknownGlossary, StoreFull.
        """
        with self._database.transaction() as connection:
            record = _one(connection, owner, id)
            if merge and any(dictionary.pair == pair for dictionary in record.dictionaries):
                entries = dict(read_tsv(_entries(connection, id, pair))) | entries
            if len(entries) > self._limits.entries:
                message = f"the dictionary would have more than {self._limits.entries} entries, which is the limit"
                raise StoreFull(message, param="entries")
            _write(connection, id, pair, entries)
            self._check_room(connection, id)
        self._database.forget_deleted()
        return DictionaryRecord(pair, len(entries))

    def delete_dictionary(self, owner: str, id: str, pair: LanguagePair) -> None:
        """Delete a dictionary. Raises UnknownGlossary."""
        with self._database.transaction() as connection:
            _one(connection, owner, id)
            row = (id, pair.source, pair.target)
            statement = "DELETE FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?"
            if not connection.execute(statement, row).rowcount:
                raise _no_dictionary(pair)
        self._database.forget_deleted()

    def delete(self, owner: str, id: str) -> None:
        """Delete a glossary and its dictionaries. Raises UnknownGlossary."""
        with self._database.transaction() as connection:
            _one(connection, owner, id)
            connection.execute("DELETE FROM dictionaries WHERE glossary = ?", (id,))
            connection.execute("DELETE FROM glossaries WHERE id = ?", (id,))
        self._database.forget_deleted()

    def _check_room(self, connection: sqlite3.Connection, id: str) -> None:
        """Raises StoreFull, which undoes the transaction, if it has made a glossary or all of them too large."""
        [[size]] = connection.execute("SELECT TOTAL(bytes) FROM dictionaries WHERE glossary = ?", (id,))
        if size > self._limits.glossary_bytes:
            raise StoreFull(f"a glossary has at most {self._limits.glossary_bytes} bytes", param="entries")
        [[total]] = connection.execute("SELECT TOTAL(bytes) FROM dictionaries")
        if total > self._limits.storage_bytes:
            limit = self._limits.storage_bytes
            raise StoreFull(f"the glossaries of all keys together have the limit of {limit} bytes", param="entries")


def _one(connection: sqlite3.Connection, owner: str, id: str) -> GlossaryRecord:
    found = _read(connection, "owner = ? AND id = ?", owner, id)
    if not found:
        raise UnknownGlossary("There is no glossary with this id", param="glossary_id")
    return found[0]


def _read(connection: sqlite3.Connection, condition: str, *values: str) -> list[GlossaryRecord]:
    """The glossaries that meet the condition, in the order in which they were made."""
    query = f"SELECT id, name, created_at FROM glossaries WHERE {condition} ORDER BY number"
    of_glossary = "SELECT source, target, entry_count FROM dictionaries WHERE glossary = ? ORDER BY number"
    return [
        GlossaryRecord(
            id,
            name,
            created_at,
            tuple(
                DictionaryRecord(LanguagePair(source, target), count)
                for source, target, count in connection.execute(of_glossary, (id,))
            ),
        )
        for id, name, created_at in connection.execute(query, values).fetchall()
    ]


def _entries(connection: sqlite3.Connection, id: str, pair: LanguagePair) -> str:
    query = "SELECT entries FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?"
    row = connection.execute(query, (id, pair.source, pair.target)).fetchone()
    if row is None:
        raise _no_dictionary(pair)
    entries: str = row[0]
    return entries


def _write(connection: sqlite3.Connection, id: str, pair: LanguagePair, entries: Entries) -> None:
    text = write_tsv(entries)
    connection.execute(
        "INSERT INTO dictionaries (glossary, source, target, entry_count, bytes, entries) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (glossary, source, target) DO UPDATE SET entry_count = excluded.entry_count, "
        "bytes = excluded.bytes, entries = excluded.entries",
        (id, pair.source, pair.target, len(entries), len(text.encode()) + DICTIONARY_BYTES, text),
    )


def _no_dictionary(pair: LanguagePair) -> UnknownGlossary:
    message = f"The glossary has no dictionary from {pair.source} to {pair.target}"
    return UnknownGlossary(message, param="source_lang")
