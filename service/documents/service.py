"""Documents as routes use them: made, found, awaited and deleted; and what runs in the background."""

import asyncio
import contextvars
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from service.documents.limits import DocumentLimits
from service.documents.observer import DocumentObserver, Unobserved
from service.documents.records import DocumentRecord, DocumentRequest
from service.documents.run import DocumentRun
from service.documents.store import SCHEMA, VERSION, DocumentStore
from service.documents.windows import Asking
from service.storage.database import Database
from service.storage.threads import DiskThreads
from service.tasks.translation import Detector

logger = logging.getLogger(__name__)

_SWEEP_SECONDS = 5.0


class Documents:
    """Owns the documents in a directory, or without one in memory, and translates them. ``clock`` gives Unix seconds.

    ``runs`` are the documents that are being translated, by id. Raises StorageError if the directory cannot be used.
    """

    def __init__(
        self,
        path: Path | None,
        limits: DocumentLimits,
        *,
        clock: Callable[[], float] = time.time,
        observer: DocumentObserver | None = None,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.runs: dict[str, asyncio.Task[None]] = {}
        self._threads = DiskThreads("documents")
        self._database = Database.in_directory(
            path, "documents.sqlite", SCHEMA, version=VERSION, setting="documents_dir"
        )
        self._store = DocumentStore(self._database, limits)
        self._observer = observer or Unobserved()
        self._waiting: list[DocumentRecord] = []  # the oldest first
        self._owners: Counter[str] = Counter()  # of the runs
        self._changes: dict[str, asyncio.Event] = {}  # by the ids of documents that clients watch
        self._ask: Asking | None = None
        self._detector: Detector | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, ask: Asking, detector: Detector) -> None:
        """Translate what a former process has left, and from now on what is made."""
        self._ask, self._detector = ask, detector
        self._waiting += await self._threads.call(self._store.unfinished)
        self._run_next()
        self._sweeper = asyncio.create_task(self._sweep_forever())

    async def close(self) -> None:
        """Stop. What is not done is continued after the next start, if the documents are in a directory."""
        self._waiting.clear()
        tasks = [*self.runs.values()]
        if self._sweeper is not None:
            tasks.append(self._sweeper)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._threads.close()
        self._database.close()

    async def create(
        self,
        owner: str,
        file: bytes,
        *,
        filename: str,
        format: str,
        columns: Sequence[str],
        encoding: str | None,
        request: DocumentRequest,
        characters: int,
        model: str | None,
    ) -> DocumentRecord:
        """A new document, which is translated as soon as there is room. Raises StoreFull."""
        record = DocumentRecord(
            id=f"doc-{secrets.token_hex(16)}",
            owner=owner,
            secret=secrets.token_hex(32),
            filename=filename,
            format=format,
            columns=tuple(columns),
            encoding=encoding,
            source_lang=request.order.source,
            target_lang=request.order.target,
            characters=characters,
            created_at=int(self.clock()),
            model=model,
        )
        await self._threads.call(self._store.add, record, request, file)
        self._observer.document_changed(record.status)
        self._waiting.append(record)
        self._run_next()
        return record

    async def get(self, owner: str, id: str) -> DocumentRecord | None:
        """The owner's document, unless its time is over."""
        record = await self.find(id)
        return None if record is None or record.owner != owner else record

    async def find(self, id: str) -> DocumentRecord | None:
        """The document of any owner with this id, unless its time is over."""
        record = await self._threads.call(self._store.get, id)
        is_over = record is not None and record.expires_at is not None and record.expires_at <= self.clock()
        return None if is_over else record

    async def result(self, record: DocumentRecord) -> bytes | None:
        """The translated file of a document that is done, None if it was deleted meanwhile."""
        return await self._threads.call(self._store.file, record.id)

    async def next_change(self, record: DocumentRecord) -> DocumentRecord | None:
        """The document when it differs from ``record``, None when it was deleted."""
        while True:
            change = self._changes.setdefault(record.id, asyncio.Event())
            found = await self.get(record.owner, record.id)
            if found is None or found.has_ended:
                self._note_change(record.id)  # the last change
                return found
            if found != record:
                return found
            await change.wait()

    async def delete(self, record: DocumentRecord) -> None:
        """Delete a document now. If it is being translated, what the engine computes for it is aborted first."""
        self._waiting = [each for each in self._waiting if each.id != record.id]
        if (task := self.runs.get(record.id)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._threads.call(self._store.delete, record.id)
        self._note_change(record.id)

    async def sweep(self) -> None:
        """Delete what was kept long enough."""
        for id in await self._threads.call(self._store.expired, self.clock()):
            await self._threads.call(self._store.delete, id)
            self._note_change(id)

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception:
                logger.exception("documents were not looked through")
            await asyncio.sleep(_SWEEP_SECONDS)

    def _run_next(self) -> None:
        """Begin as many documents as may run at once: of the owner with the fewest, the oldest one."""
        while self._ask is not None and self._waiting and len(self.runs) < self.limits.concurrency:
            record = min(self._waiting, key=lambda each: self._owners[each.owner])
            self._waiting.remove(record)
            self._owners[record.owner] += 1
            # In a context of its own: the work is not that of the request that has made the document.
            task = asyncio.create_task(self._run(record), context=contextvars.Context())
            task.add_done_callback(partial(self._ended, record))
            self.runs[record.id] = task

    async def _run(self, record: DocumentRecord) -> None:
        assert self._ask is not None
        assert self._detector is not None
        run = DocumentRun(
            record,
            store=self._store,
            threads=self._threads,
            ask=self._ask,
            detector=self._detector,
            observer=self._observer,
            changed=lambda: self._note_change(record.id),
            clock=self.clock,
        )
        try:
            await run.run()
        except Exception:
            logger.exception("the document %s was interrupted", record.id)  # the next start tries again

    def _ended(self, record: DocumentRecord, task: asyncio.Task[None]) -> None:
        del self.runs[record.id]
        self._owners -= Counter([record.owner])  # owners without runs are dropped
        self._run_next()

    def _note_change(self, id: str) -> None:
        if (change := self._changes.pop(id, None)) is not None:
            change.set()
