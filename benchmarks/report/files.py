"""Result files: JSON in ``benchmarks/results``, one file for each run."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RESULTS = Path(__file__).parents[1] / "results"


def write_results(kind: str, results: Sequence["DataclassInstance"], **facts: Any) -> Path:
    """Write ``results``, which are dataclasses, and ``facts``, which describe the run; return the file's path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    content = facts | {"results": [asdict(result) for result in results]}
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path
