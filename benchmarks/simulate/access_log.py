"""A load from the service's access log (``log_json``), which has no text.

The log tells when a request ended and how long it took, its tokens, and how many of them the prefix cache held. What
the prompts share is not in the log. So the cached tokens of a prompt are taken to be the beginning of one common
prefix: with several different prefixes in the log, the simulation finds more to share than there was.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from benchmarks.simulate.load import Arrival, Piece

_LOGGER = "service.api.middleware.access_log"


def load_from_log(lines: Iterable[str]) -> list[Arrival]:
    """The requests of the log that had an output. Lines of other loggers are left out. Raises ValueError for none."""
    entries = [entry for line in lines if (entry := _entry(line))]
    if not entries:
        raise ValueError("the log has no request with an output; was it written with log_json?")
    begins = [datetime.fromisoformat(entry["time"]).timestamp() - entry["seconds"] for entry in entries]
    first = min(begins)
    arrivals = []
    for number, (begin, entry) in enumerate(zip(begins, entries, strict=True)):
        cached = min(entry["cached_tokens"], entry["prompt_tokens"] - 1)
        own = Piece(f"own-{number}", entry["prompt_tokens"] - cached)
        prompt = (Piece("common", cached), own) if cached else (own,)
        arrivals.append(Arrival(begin - first, prompt, Piece(f"answer-{number}", entry["generated_tokens"])))
    return sorted(arrivals, key=lambda each: each.time)


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("logger") != _LOGGER:
        return None
    return entry if entry.get("prompt_tokens") and entry.get("generated_tokens") else None
