"""A step of the null model is measured in parts."""

from pathlib import Path

import pytest

from benchmarks.frontend.host_step import PARTS, measure_step
from benchmarks.frontend.null_model import save_model


def test_the_parts_add_up_to_the_total(tmp_path: Path) -> None:
    save_model(tmp_path, step_seconds=0)
    parts = measure_step(str(tmp_path), sequences=3, steps=4, prompt_tokens=8, waiting=2)
    assert tuple(parts) == PARTS
    assert all(parts[part] > 0 for part in ("schedule", "build", "commit", "encode"))
    assert parts["total"] == pytest.approx(sum(parts[part] for part in PARTS if part != "total"))
