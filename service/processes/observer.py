"""The interface through which exits and restarts of child processes reach the metrics."""

from typing import Protocol

from service.processes.exit_report import ExitCause


class ProcessObserver(Protocol):
    """Gets a call for each exit and each return. ``process`` is the name of the child process: "engine" or "reader"."""

    def process_died(self, process: str, cause: ExitCause) -> None:
        """The process ended, or had to be ended."""

    def process_returned(self, process: str, seconds: float, replayed: int) -> None:
        """The process is ready again, ``seconds`` after its exit. ``replayed`` is the number of unfinished requests."""
