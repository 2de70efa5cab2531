"""The service's log: the lines of errors that nothing explains."""

import json
import signal
from pathlib import Path

_SEVERE_LEVELS = {"error", "critical"}
_KILLED = f" engine process was killed by signal {signal.SIGKILL:d}"  # by service/processes/exit_report.py


def unexplained_lines(path: Path, kills: int = 0) -> list[str]:
    """The lines of errors, and the lines that are not JSON: a crash does not write through the log.

    The engine was killed from outside ``kills`` times. Each kill explains one line that reports it.
    """
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        message = _severe_message(line)
        if message is not None and _KILLED in message and kills:
            kills -= 1
        elif message is not None:
            found.append(line)
    return found


def _severe_message(line: str) -> str | None:
    """The message of a line of an error, or the whole line if it is not the log's; None for any other line."""
    try:
        record = json.loads(line)
        return str(record["message"]) if record["level"] in _SEVERE_LEVELS else None
    except (ValueError, TypeError, LookupError):
        return line
