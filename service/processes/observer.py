"""The interface through which exits and restarts of child processes reach the metrics."""

from typing import Protocol

from service.processes.exit_report import ExitCause


class ProcessObserver(Protocol):
    """Gets a call for each exit and each return of one child process."""

    def process_died(self, cause: ExitCause) -> None:
        """The process ended, or had to be ended."""

    def process_returned(self, seconds: float, replayed: int) -> None:
        """The process is ready again, ``seconds`` after its exit. ``replayed`` is the number of unfinished requests."""
