"""Stored glossaries as routes use them: made, listed, changed and deleted, and the terms of a translation."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from service.errors import InvalidOption, UnknownGlossary
from service.glossaries.entries import Entries, EntriesFormat, read_entries, read_tsv
from service.glossaries.limits import GlossaryLimits
from service.glossaries.records import DictionaryRecord, GlossaryRecord, LanguagePair
from service.glossaries.store import GlossaryStore
from service.glossaries.tables import SCHEMA, VERSION
from service.storage.database import Database
from service.storage.threads import DiskThreads
from service.tasks.translation import Term, possible_terms


class Glossaries:
    """Owns a database in a directory or, without a ``path``, in memory. ``clock`` gives Unix seconds.

    Raises StorageError if the directory cannot be used.
    """

    def __init__(self, path: Path | None, limits: GlossaryLimits, *, clock: Callable[[], float] = time.time) -> None:
        self.limits = limits
        self._clock = clock
        self._database = Database.in_directory(
            path, "glossaries.sqlite", SCHEMA, version=VERSION, setting="glossaries_dir"
        )
        self._store = GlossaryStore(self._database, limits)
        self._threads = DiskThreads("glossaries")

    async def read(self, text: str, format: EntriesFormat, *, param: str) -> Entries:
        """The entries of a dictionary. Raises InvalidOption, which names the field ``param``."""
        return await self._threads.call(read_entries, text, format, most=self.limits.entries, param=param)

    async def create(self, owner: str, name: str, dictionaries: Mapping[LanguagePair, Entries]) -> GlossaryRecord:
        """A new glossary. Raises StoreFull."""
        id = str(uuid4())
        await self._threads.call(self._store.add, owner, id, name, self._clock(), dictionaries)
        return await self.get(owner, id)

    async def get(self, owner: str, id: str) -> GlossaryRecord:
        """The owner's glossary with this id. Raises UnknownGlossary."""
        return await self._threads.call(self._store.get, owner, id)

    async def all(self, owner: str) -> Sequence[GlossaryRecord]:
        """The owner's glossaries, the oldest first."""
        return await self._threads.call(self._store.all, owner)

    async def find(self, owner: str, name: str, *, param: str) -> GlossaryRecord:
        """The owner's glossary with this name or id.

        Raises UnknownGlossary, and InvalidOption if several have the name. Both name the field ``param``.
        """
        found = await self._threads.call(self._store.named, owner, name)
        if len(found) > 1:
            raise InvalidOption(f"{len(found)} glossaries have this name; give the id of one", param=param)
        try:
            return found[0] if found else await self.get(owner, name)
        except UnknownGlossary:
            raise UnknownGlossary("There is no glossary with this name or id", param=param) from None

    async def entries(self, owner: str, id: str, pair: LanguagePair) -> str:
        """The entries of a dictionary as TSV. Raises UnknownGlossary."""
        return await self._threads.call(self._store.entries, owner, id, pair)

    async def all_terms(
        self, owner: str, glossaries: Sequence[tuple[str, str]], pair: LanguagePair, texts: Sequence[str]
    ) -> tuple[Term, ...]:
        """The terms of several glossaries, each given by its field and its id. Of a term the first translation counts.

        Raises what ``terms`` raises.
        """
        found: dict[str, Term] = {}
        for param, id in glossaries:
            for term in await self.terms(owner, id, pair, texts, param=param):
                found.setdefault(term.source.casefold(), term)
        return tuple(found.values())

    async def terms(
        self, owner: str, id: str, pair: LanguagePair, texts: Sequence[str], *, param: str
    ) -> tuple[Term, ...]:
        """The terms of a glossary that may occur in these texts.

        Raises UnknownGlossary, and InvalidOption if there is no dictionary of this pair. Both name the field ``param``.
        """
        try:
            record = await self.get(owner, id)
        except UnknownGlossary as error:
            raise UnknownGlossary(str(error), param=param) from None
        if all(dictionary.pair != pair for dictionary in record.dictionaries):
            message = f"the glossary has no dictionary from {pair.source} to {pair.target}"
            raise InvalidOption(message, param=param)
        return await self._threads.call(self._terms, owner, id, pair, texts)

    async def rename(self, owner: str, id: str, name: str) -> None:
        """Give a glossary another name. Raises UnknownGlossary."""
        await self._threads.call(self._store.rename, owner, id, name)

    async def put(self, owner: str, id: str, pair: LanguagePair, entries: Entries, *, merge: bool) -> DictionaryRecord:
        """See ``GlossaryStore.put``."""
        return await self._threads.call(self._store.put, owner, id, pair, entries, merge=merge)

    async def delete_dictionary(self, owner: str, id: str, pair: LanguagePair) -> None:
        """Delete a dictionary. Raises UnknownGlossary."""
        await self._threads.call(self._store.delete_dictionary, owner, id, pair)

    async def delete(self, owner: str, id: str) -> None:
        """Delete a glossary. Raises UnknownGlossary."""
        await self._threads.call(self._store.delete, owner, id)

    def close(self) -> None:
        """Close the database, when the calls that have begun are done."""
        self._threads.close()
        self._database.close()

    def _terms(self, owner: str, id: str, pair: LanguagePair, texts: Sequence[str]) -> tuple[Term, ...]:
        return possible_terms(read_tsv(self._store.entries(owner, id, pair)), texts)
