"""The lines that the service wrote, and which of them nothing explains."""

import json
from pathlib import Path

_SEVERE = {"error", "critical"}
_KILLED = "the engine process was killed by signal 9"


def unexplained(path: Path, kills: int = 0) -> list[str]:
    """Lines of errors, and lines that are none of the log's: a crash speaks without its help.

    So many times the engine was killed from outside; each explains one line that says so.
    """
    found = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        message = _severe(text)
        if message is not None and message.startswith(_KILLED) and kills:
            kills -= 1
        elif message is not None:
            found.append(text)
    return found


def _severe(text: str) -> str | None:
    """What the line says, if it is one of those."""
    try:
        line = json.loads(text)
        return str(line["message"]) if line["level"] in _SEVERE else None
    except (ValueError, TypeError, LookupError):
        return text
