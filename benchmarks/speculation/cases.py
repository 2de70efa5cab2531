"""The loads: texts that repeat their prompts, and texts that do not."""

import json
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_ORDINARY = Path(__file__).with_name("prompts.jsonl")
_LONGEST = 2400  # characters of a code file or a text in a prompt
_EDITS = {
    "service/engine/scheduling/block_tables.py": "Rename the method `grow` to `extend`.",
    "service/engine/token_stream.py": "Rename the attribute `_outputs` to `_arrived`.",
    "service/tasks/text/stop_strings.py": "Add a type alias for `str | None` and use it.",
    "service/processes/supervisor.py": "Make every docstring one line long.",
}
_TEXTS = {
    "docs/performance.md": "Summarize this text. Quote its most important sentences.",
    "docs/architecture.md": "Summarize this text in ten sentences, with its own words.",
    "docs/many-models.md": "List what this text says about memory, with the sentences that say it.",
    "docs/extending.md": "Summarize each paragraph of this text in one sentence of it.",
}


@dataclass(frozen=True, slots=True)
class Case:
    """``streams`` prompts at once, one load after another until all prompts were sent."""

    name: str
    streams: int
    prompts: tuple[str, ...]
    temperature: float


def make_cases(streams: int) -> dict[str, Case]:
    """The cases by name. ``streams`` is the size of the full batch, for which ordinary prompts are repeated."""
    edits = tuple(
        f"{order} Answer with the whole code and nothing else.\n\n{_head(path)}" for path, order in _EDITS.items()
    )
    texts = tuple(f"{order}\n\n{_head(path)}" for path, order in _TEXTS.items())
    ordinary = tuple(json.loads(line)["text"] for line in _ORDINARY.read_text(encoding="utf-8").splitlines())
    full = (ordinary * -(-streams // len(ordinary)))[:streams]
    return {
        "edits": Case("code edits", 1, edits, temperature=0.0),
        "summaries": Case("summaries", 1, texts, temperature=0.0),
        "ordinary": Case("ordinary", 1, ordinary[:4], temperature=1.0),
        "full": Case("ordinary", streams, full, temperature=1.0),
        "full-edits": Case("code edits", streams, (edits * streams)[:streams], temperature=0.0),
    }


def _head(path: str) -> str:
    """The beginning of a file of this repository, in whole lines."""
    text = (_ROOT / path).read_text(encoding="utf-8")[:_LONGEST]
    return text[: text.rindex("\n")]
