"""Progress of long work: a bar on a terminal, log lines elsewhere. Progress is counted in bytes."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as RichProgress

logger = logging.getLogger(__name__)

_LOG_SECONDS = 10.0
_LOG_SHARE = 0.1  # of the whole


class ProgressTask(Protocol):
    """A task whose progress is shown."""

    def update(self, done: int) -> None:
        """``done`` bytes are complete; fewer than before if the task started again."""


Listener = Callable[[str, int | None, int], None]  # title, bytes of the whole (None: unknown), complete bytes

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Downloads that begin in this block tell the listener their progress too, each from its own thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


class _Heard:
    """Tells a listener what a task is told."""

    def __init__(self, task: ProgressTask, listener: Listener, title: str, total: int | None, done: int) -> None:
        self._task, self._listener, self._title, self._total = task, listener, title, total
        listener(title, total, done)

    def update(self, done: int) -> None:
        self._task.update(done)
        self._listener(self._title, self._total, done)


class _Bar:
    def __init__(self, progress: RichProgress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def update(self, done: int) -> None:
        self._progress.update(self._task, completed=done)


class _Log:
    def __init__(self, title: str, total: int | None, done: int) -> None:
        self._title, self._total = title, total
        self._log_progress(done)

    def update(self, done: int) -> None:
        step = done - self._logged_bytes
        enough = step >= self._total * _LOG_SHARE if self._total else False
        if enough or step < 0 or done == self._total or time.monotonic() - self._logged_at >= _LOG_SECONDS:
            self._log_progress(done)

    def _log_progress(self, done: int) -> None:
        self._logged_bytes, self._logged_at = done, time.monotonic()
        if self._total:
            share = f"{done / self._total:.0%}"
            logger.info("%s: %s of %s (%s)", self._title, decimal(done), decimal(self._total), share)
        else:
            logger.info("%s: %s", self._title, decimal(done))


@contextmanager
def track(title: str, total: int | None, done: int = 0) -> Iterator[ProgressTask]:
    """Show the progress of the ``with`` block: ``done`` of ``total`` bytes are complete at the start.

    ``total`` None: unknown.
    """
    listener = _listener.get()
    with _shown(title, total, done) as task:
        yield task if listener is None else _Heard(task, listener, title, total, done)


@contextmanager
def _shown(title: str, total: int | None, done: int) -> Iterator[ProgressTask]:
    if not sys.stderr.isatty():
        yield _Log(title, total, done)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as progress:
        yield _Bar(progress, progress.add_task(title, total=total, completed=done))
