"""One document while it is translated, from its bytes to the bytes of its translation.

Every step can be repeated: a document whose process was killed continues behind the last window that was kept.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from service.documents.file_plan import FilePlan, plan_file
from service.documents.observer import DocumentObserver
from service.documents.records import DocumentProblem, DocumentRecord, DocumentStatus
from service.documents.store import DocumentStore
from service.documents.windows import Asking, SegmentResult, TryAgain, Window, WindowRefused, WindowResult
from service.errors import TaskError
from service.storage.threads import DiskThreads
from service.tasks.generation.options import Options
from service.tasks.translation import Detector, TranslationOrder
from service.tasks.translation.files.encoding import is_recoded
from service.tasks.translation.files.file_format import ParsedFile
from service.tasks.translation.files.formats import find_file_format

T = TypeVar("T")

logger = logging.getLogger(__name__)

UNTRANSLATED = "untranslated"  # the flag of a segment that does not fit into the model's context
_LONGEST_PAUSE = 60.0  # seconds until a window is asked for again


class DocumentDeleted(Exception):
    """The document was deleted while it was translated."""


class DocumentRun:
    """Translates one document. ``changed`` is called after each change of its record."""

    def __init__(
        self,
        record: DocumentRecord,
        *,
        store: DocumentStore,
        threads: DiskThreads,
        ask: Asking,
        detector: Detector,
        observer: DocumentObserver,
        changed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._record = record
        self._store = store
        self._threads = threads
        self._ask = ask
        self._detector = detector
        self._observer = observer
        self._changed = changed
        self._clock = clock

    async def run(self) -> None:
        """Translate what is left of the document, and end it."""
        try:
            await self._translate()
        except DocumentDeleted:
            return
        except TaskError as error:  # the file was read when it was sent, by another version of this service
            await self._end(b"", DocumentStatus.FAILED, DocumentProblem(code="invalid_file", message=str(error)))
        except WindowRefused as error:
            problem = DocumentProblem(code=error.code, message=error.message, is_fault=error.is_fault)
            await self._end(b"", DocumentStatus.FAILED, problem)
        except Exception:
            logger.exception("the document %s was not translated", self._record.id)
            message = "The service failed on this document"
            problem = DocumentProblem(code="internal_error", message=message, is_fault=True)
            await self._end(b"", DocumentStatus.FAILED, problem)

    async def _translate(self) -> None:
        await self._detector.load()
        request, source = await self._kept(self._store.request), await self._kept(self._store.file)
        file, plan = await asyncio.to_thread(self._read, request.order, source)
        values = {"segments": plan.segments, "status": DocumentStatus.TRANSLATING, "plan": plan.fingerprint}
        values["source_lang"] = None if plan.source is None else plan.source.code
        keep = self._store.update if self._record.plan == plan.fingerprint else self._store.restart
        await self._update(keep, **values)
        self._observer.document_changed(DocumentStatus.TRANSLATING)
        done = await self._threads.call(self._store.done, self._record.id)
        start, sequences = 0, request.order.num_branches or 1
        while numbers := plan.next_window(done, start, max(1, self._ask.width // sequences)):
            for result in await self._results(plan, numbers, request.options):
                done |= {each.number: each for each in result.segments}
                await self._update(self._store.add_window, result)
                flagged = sum(bool(each.flags) for each in result.segments)
                self._observer.segments_translated(clean=len(result.segments) - flagged, flagged=flagged)
            start = numbers[-1] + 1
        texts = [*plan.texts(done)]
        data = await asyncio.to_thread(file.write, texts, target=plan.target.code)
        await self._end(data, DocumentStatus.DONE, result_encoding="utf-8" if is_recoded(source, data) else None)

    async def _results(self, plan: FilePlan, numbers: tuple[int, ...], options: Options) -> list[WindowResult]:
        """The translations of segments. If one is too long for the model, it alone stays as it is."""
        owner, model = self._record.owner, self._record.model
        window = Window(owner=owner, model=model, options=options, numbers=numbers, plan=plan.window(numbers))
        while True:
            try:
                return [await self._ask.translate(window)]
            except TryAgain as again:
                await asyncio.sleep(min(again.seconds, _LONGEST_PAUSE))
            except WindowRefused as refusal:
                if not refusal.is_too_long:
                    raise
                if len(numbers) == 1:
                    kept = SegmentResult(numbers[0], plan.source_of(numbers[0]), (UNTRANSLATED,))
                    return [WindowResult(segments=(kept,), prompt_tokens=0, completion_tokens=0)]
                return [each for number in numbers for each in await self._results(plan, (number,), options)]

    def _read(self, order: TranslationOrder, data: bytes) -> tuple[ParsedFile, FilePlan]:
        record = self._record
        format = find_file_format(record.filename, record.format, columns=record.columns, encoding=record.encoding)
        file = format.read(data)
        detect = self._detector.detect
        most = max(1, record.characters)
        return file, plan_file(file.texts, order, detect, self._ask.readable, max_segments=most)

    async def _kept(self, read: Callable[[str], T | None]) -> T:
        """What the store has of the document. Raises DocumentDeleted."""
        if (found := await self._threads.call(read, self._record.id)) is None:
            raise DocumentDeleted
        return found

    async def _update(self, change: Callable[..., DocumentRecord | None], *arguments: Any, **values: Any) -> None:
        record = await self._threads.call(change, self._record.id, *arguments, **values)
        if record is None:
            raise DocumentDeleted
        self._record = record
        self._changed()

    async def _end(
        self, file: bytes, status: DocumentStatus, problem: DocumentProblem | None = None, **values: Any
    ) -> None:
        try:
            await self._update(self._store.end, file, int(self._clock()), status=status, problem=problem, **values)
        except DocumentDeleted:
            return
        self._observer.document_changed(status)
        record = self._record
        counts = {"segments": record.segments, "done": record.done}
        logger.info("document ended", extra={"document": record.id, "status": status.value, **counts})
