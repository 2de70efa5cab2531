"""Memory growth is measured after warm-up."""

import pytest

from benchmarks.soak.process_monitor import ProcessSample, measure_growth


def test_growth_begins_after_the_first_third() -> None:
    warming = [ProcessSample(pid=1, at=at, memory=at << 20, files=1, threads=1) for at in range(100)]
    warm = [ProcessSample(pid=1, at=100 + at, memory=(100 << 20) + (at << 10), files=1, threads=1) for at in range(200)]
    found = measure_growth([*warming, *warm])
    assert found.per_hour == pytest.approx(3600 / 1024)
    assert found.warm == pytest.approx(100, abs=0.1)
    assert found.is_flat(1)
    assert not measure_growth(warming).is_flat(1)
