"""The lines that the service wrote, and which of them nothing explains."""

import json
from pathlib import Path

_SEVERE = {"error", "critical"}


def unexplained(path: Path) -> list[str]:
    """Lines of errors, and lines that are none of the log's: a crash speaks without its help."""
    return [text for text in path.read_text(encoding="utf-8", errors="replace").splitlines() if _is_severe(text)]


def _is_severe(text: str) -> bool:
    try:
        return json.loads(text)["level"] in _SEVERE
    except (ValueError, TypeError, LookupError):
        return True
