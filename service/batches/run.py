"""One batch while it is computed, from the check of its input to its files.

Whatever it does can be done again: a batch whose process was killed continues from what the database holds. A line that
has a result is never computed again.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from itertools import islice
from typing import Any

from service.batches.files import Files
from service.batches.input_file import InputLine, check_input, input_lines
from service.batches.limits import BatchLimits
from service.batches.observer import BatchObserver
from service.batches.records import BatchRecord, BatchStatus, LineProblem
from service.batches.results import Ask, LineRequest, LineResult, answered, not_computed
from service.batches.store import BatchStore
from service.storage.threads import DiskThreads

logger = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0  # seconds until a line is sent again
_RESULTS_AT_ONCE = 500  # of lines that are not computed

_NOT_COMPUTED = {
    BatchStatus.CANCELLED: ("batch_cancelled", "The batch was cancelled before this line was computed"),
    BatchStatus.EXPIRED: ("batch_expired", "The batch expired before this line was computed"),
}


class BatchRun:
    """Computes one batch. ``slots`` bounds the lines of all batches that are computed at once.

    ``stop`` ends the computation of lines early; the batch then ends as its record and the clock say.
    """

    def __init__(
        self,
        batch: BatchRecord,
        *,
        store: BatchStore,
        files: Files,
        threads: DiskThreads,
        limits: BatchLimits,
        ask: Ask,
        slots: asyncio.Semaphore,
        clock: Callable[[], float],
        observer: BatchObserver,
    ) -> None:
        self._batch = batch
        self._store = store
        self._files = files
        self._threads = threads
        self._limits = limits
        self._ask = ask
        self._slots = slots
        self._clock = clock
        self._observer = observer
        self._stopped = asyncio.Event()
        self._reading = asyncio.Lock()
        self._writes: set[asyncio.Future[None]] = set()

    def stop(self) -> None:
        """Compute no further line, and abort those that are being computed."""
        self._stopped.set()

    async def run(self) -> None:
        """Compute what is left of the batch, and end it."""
        try:
            if (await self._update()).has_ended:
                return
            if self._batch.status is BatchStatus.VALIDATING and not await self._check():
                return
            if self._batch.status is BatchStatus.IN_PROGRESS and not self._has_expired():
                await self._until_stopped(self._compute())
            await self._end()
        except FileNotFoundError:
            problem = LineProblem(code="missing_input", message="The input file is not on the disk any more")
            await self._fail((problem,))
        finally:
            await self._writes_done()

    async def _check(self) -> bool:
        """Whether the input is as it should be. If it is not, the batch has failed."""
        batch = self._batch
        path = self._files.content(batch.input_file_id)
        found = await self._threads.call(check_input, path, batch.endpoint, self._limits)
        if found.problems:
            await self._fail(found.problems, total=found.lines)
            return False
        await self._update(total=found.lines, model=found.model)
        if self._batch.status is BatchStatus.VALIDATING:  # and not cancelled meanwhile
            await self._update(status=BatchStatus.IN_PROGRESS, in_progress_at=self._now())
        return True

    async def _until_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Work until it is done, or aborted by ``stop``."""
        task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
        finally:
            for each in (task, stopped):
                each.cancel()
            await asyncio.gather(task, stopped, return_exceptions=True)

    async def _compute(self) -> None:
        """Compute all lines without results."""
        lines = await self._threads.call(self._open_lines)
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._limits.concurrency):
                workers.create_task(self._compute_some(lines))

    async def _compute_some(self, lines: Iterator[InputLine]) -> None:
        """Compute lines one after another, until another worker has taken the last one."""
        while True:
            async with self._reading:
                line = await self._threads.call(next, lines, None)
            if line is None:
                return
            await self._keep([await self._result(line)])

    async def _result(self, line: InputLine) -> LineResult:
        request = LineRequest(owner=self._batch.owner, endpoint=self._batch.endpoint, body=line.body)
        while True:
            async with self._slots:
                if self._files.is_full:
                    message = "The files of all keys together have reached their limit, so nothing more is computed"
                    return not_computed(line.number, line.custom_id, "storage_full", message)
                answer = await self._ask(request)
            if answer.retry_after is None:
                return answered(line.number, line.custom_id, answer)
            await asyncio.sleep(min(answer.retry_after, _LONGEST_PAUSE))

    async def _end(self) -> None:
        """Give the lines that were not computed their errors, and end the batch."""
        await self._writes_done()
        batch = await self._update()
        if batch.completed + batch.failed == batch.total and batch.status is not BatchStatus.CANCELLING:
            await self._update(status=BatchStatus.FINALIZING, finalizing_at=self._now())
            return await self._finish(BatchStatus.COMPLETED)
        end = BatchStatus.CANCELLED if batch.status is BatchStatus.CANCELLING else BatchStatus.EXPIRED
        if batch.completed + batch.failed < batch.total:
            lines = await self._threads.call(self._open_lines)
            while some := list(islice(lines, _RESULTS_AT_ONCE)):
                await self._keep([not_computed(each.number, each.custom_id, *_NOT_COMPUTED[end]) for each in some])
        await self._finish(end)

    async def _fail(self, problems: tuple[LineProblem, ...], **values: Any) -> None:
        await self._update(problems=problems, **values)
        await self._finish(BatchStatus.FAILED)

    async def _finish(self, status: BatchStatus) -> None:
        batch = await self._threads.call(self._store.end, self._batch.id, status, self._now())
        self._batch = batch
        self._observer.batch_changed(status)
        counts = {"total": batch.total, "completed": batch.completed, "failed": batch.failed}
        logger.info("batch ended", extra={"batch": batch.id, "status": status.value, **counts})

    async def _keep(self, results: Iterable[LineResult]) -> None:
        results = list(results)
        write = asyncio.ensure_future(self._threads.call(self._store.add_results, self._batch.id, results))
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)
        await asyncio.shield(write)  # a line that is done when the batch is stopped is not computed again
        for result in results:
            self._observer.line_ended(answered=result.is_answer)

    async def _writes_done(self) -> None:
        await asyncio.gather(*self._writes, return_exceptions=True)

    async def _update(self, **values: Any) -> BatchRecord:
        before = self._batch.status
        self._batch = await self._threads.call(self._store.update, self._batch.id, **values)
        if self._batch.status is not before and "status" in values:
            self._observer.batch_changed(self._batch.status)
        return self._batch

    def _open_lines(self) -> Iterator[InputLine]:
        """The lines that have no results yet. Raises FileNotFoundError."""
        done = self._store.done_lines(self._batch.id)
        path = self._files.content(self._batch.input_file_id)
        path.stat()
        lines = input_lines(path, self._batch.endpoint, self._limits)
        return (line for line in lines if line.number not in done)

    def _has_expired(self) -> bool:
        return self._clock() >= self._batch.expires_at

    def _now(self) -> int:
        return int(self._clock())
