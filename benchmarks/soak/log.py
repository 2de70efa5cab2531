"""The lines that the service wrote, and which of them nothing explains."""

import json
from pathlib import Path

_SEVERE = {"error", "critical"}
_OF_A_KILL = ("service.engine", "service.api")  # who may write of an engine that was killed


def unexplained(path: Path, *, kills: bool) -> list[str]:
    """Lines of errors, and lines that are none of the log's: a crash speaks without its help."""
    found = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            line = {"level": "critical", "logger": "", "message": text}
        of_a_kill = line["logger"].startswith(_OF_A_KILL) and "engine" in line["message"] and "exception" not in line
        if line["level"] in _SEVERE and not (kills and of_a_kill):
            found.append(text)
    return found
