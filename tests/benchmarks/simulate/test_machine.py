"""The seconds of steps: what a fit finds, and files of machines."""

import random
from pathlib import Path

import pytest

from benchmarks.simulate.machine import DEFAULT, StepSeconds, Work, fit, read_machine


def steps(cost: StepSeconds, noise: float = 0.0) -> list[tuple[Work, float]]:
    generator = random.Random(0)
    found = []
    for _ in range(300):
        decodes, tokens = generator.randint(0, 32), generator.choice((0, 16, 64, 256))
        start = generator.randint(0, 1000)
        work = Work(1, decodes, decodes * generator.randint(1, 1000), tokens, tokens * (start + tokens / 2))
        found.append((work, cost.of(work) * (1 + noise * generator.uniform(-1, 1))))
    return found


def test_a_fit_finds_the_cost_of_each_kind_of_work() -> None:
    cost = StepSeconds(0.01, 0.002, 3e-6, 0.003, 2e-6)
    assert fit(steps(cost)) == pytest.approx(cost)
    assert fit(steps(cost, noise=0.1)) == pytest.approx(cost, rel=0.3)


def test_no_cost_is_negative() -> None:
    cost = StepSeconds(0.01, 0.002, -1e-7, 0.003, 0.0)
    found = fit(steps(cost, noise=0.05))
    assert min(found) >= 0
    assert found.per_token == pytest.approx(cost.per_token, rel=0.1)


def test_a_machine_is_read_as_it_was_written(tmp_path: Path) -> None:
    machine = read_machine(DEFAULT)
    machine.write(tmp_path / "machine.json")
    assert read_machine(tmp_path / "machine.json") == machine
    (tmp_path / "machine.json").write_text('{"processor": "x", "seconds": {}}')
    with pytest.raises(ValueError, match="is no machine"):
        read_machine(tmp_path / "machine.json")
