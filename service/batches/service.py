"""Files and batches as routes use them: made, found, listed, cancelled and deleted; and what runs in the background."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from service.batches.directory import Directory
from service.batches.files import BATCH, Files, NewFile
from service.batches.limits import WINDOW, BatchLimits
from service.batches.observer import BatchObserver, Unobserved
from service.batches.records import BatchRecord, BatchStatus, FileRecord
from service.batches.results import Ask
from service.batches.run import BatchRun
from service.batches.store import BatchStore
from service.batches.tables import SCHEMA, VERSION
from service.errors import StorageError
from service.storage.database import Database
from service.storage.threads import DiskThreads

logger = logging.getLogger(__name__)

_SWEEP_SECONDS = 5.0


class Batches:
    """Owns a directory with its database, and computes the batches in it. ``clock`` gives Unix seconds.

    ``runs`` are the batches that are being computed, by id.

    Raises StorageError if the directory cannot be used.
    """

    def __init__(
        self,
        path: Path,
        limits: BatchLimits,
        *,
        clock: Callable[[], float] = time.time,
        observer: BatchObserver | None = None,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.threads = DiskThreads("batches")
        self._directory = Directory(path)
        try:
            self._database = Database(self._directory.database, SCHEMA, version=VERSION, setting="batches_dir")
        except StorageError:
            self._directory.close()
            raise
        self.files = Files(self._database, self._directory, limits)
        self.store = BatchStore(self._database, self.files, limits)
        self._observer = observer or Unobserved()
        self._slots = asyncio.Semaphore(limits.concurrency)
        self.runs: dict[str, tuple[BatchRun, asyncio.Task[None]]] = {}
        self._ask: Ask | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, ask: Ask) -> None:
        """Continue the batches that have not ended. ``ask`` computes a line."""
        self._ask = ask
        self._sweeper = asyncio.create_task(self._sweep_forever())

    async def close(self) -> None:
        """Stop computing. What is not done continues after the next start."""
        tasks = [task for _, task in self.runs.values()]
        if self._sweeper is not None:
            tasks.append(self._sweeper)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.threads.close()
        self._database.close()
        self._directory.close()

    async def keep_file(self, owner: str, filename: str, new: NewFile, lifetime: int | None) -> FileRecord:
        """Keep an uploaded file. Raises StoreFull."""
        now = int(self.clock())
        record = FileRecord(
            id=f"file-{secrets.token_hex(16)}",
            owner=owner,
            filename=filename,
            purpose=BATCH,
            bytes=new.size,
            created_at=now,
            expires_at=now + (lifetime or self.limits.lifetime),
        )
        await self.threads.call(self.files.add_upload, record, new)
        return record

    async def get_file(self, owner: str, id: str) -> FileRecord | None:
        """The owner's file, unless its time is over."""
        record = await self.threads.call(self.files.get, owner, id)
        return None if record is None or record.expires_at <= self.clock() else record

    async def create(
        self, owner: str, endpoint: str, file: FileRecord, metadata: dict[str, str] | None, lifetime: int | None
    ) -> BatchRecord:
        """A new batch, which begins at once. ``lifetime`` is that of its files, in seconds. Raises StoreFull."""
        now = int(self.clock())
        batch = BatchRecord(
            id=f"batch_{secrets.token_hex(16)}",
            owner=owner,
            endpoint=endpoint,
            input_file_id=file.id,
            created_at=now,
            expires_at=now + WINDOW,
            output_seconds=lifetime or self.limits.lifetime,
            metadata=metadata,
        )
        await self.threads.call(self.store.add, batch)
        self._observer.batch_changed(batch.status)
        self._run(batch)
        return batch

    async def get(self, owner: str, id: str) -> BatchRecord | None:
        """The owner's batch."""
        return await self.threads.call(self.store.get, owner, id)

    async def page(self, owner: str, *, limit: int, after: str | None) -> Sequence[BatchRecord] | None:
        """Batches of the owner, see ``BatchStore.page``."""
        return await self.threads.call(self.store.page, owner, limit=limit, after=after)

    async def cancel(self, batch: BatchRecord) -> BatchRecord:
        """Cancel a batch. It ends in the background; a batch that has ended stays as it is."""
        batch = await self.threads.call(self.store.cancel, batch.id, int(self.clock()))
        if batch.status is BatchStatus.CANCELLING:
            self._observer.batch_changed(batch.status)
            self._stop(batch.id)
        return batch

    async def sweep(self) -> None:
        """Begin or continue what does not run, end what has expired, and delete what was kept long enough."""
        now = self.clock()
        unfinished = await self.threads.call(self.store.unfinished)
        for batch in unfinished:
            if batch.id not in self.runs:
                self._run(batch)
            elif batch.expires_at <= now:
                self._stop(batch.id)
        in_use = {batch.input_file_id for batch in unfinished}
        for file in await self.threads.call(self.files.expired, now):
            if file.id not in in_use:
                await self.threads.call(self.files.delete, file)
        await self.threads.call(self.store.forget_ended, now - self.limits.lifetime)

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception:
                logger.exception("files and batches were not looked through")
            await asyncio.sleep(_SWEEP_SECONDS)

    def _run(self, batch: BatchRecord) -> None:
        if self._ask is None or batch.id in self.runs:
            return
        run = BatchRun(
            batch,
            store=self.store,
            files=self.files,
            threads=self.threads,
            limits=self.limits,
            ask=self._ask,
            slots=self._slots,
            clock=self.clock,
            observer=self._observer,
        )
        self.runs[batch.id] = run, asyncio.create_task(self._guarded(batch.id, run))

    async def _guarded(self, id: str, run: BatchRun) -> None:
        """An unexpected failure, such as a full disk, is logged, and the next sweep tries again."""
        try:
            await run.run()
        except Exception:
            logger.exception("the batch %s was interrupted", id)
        finally:
            del self.runs[id]

    def _stop(self, id: str) -> None:
        if (running := self.runs.get(id)) is not None:
            running[0].stop()
