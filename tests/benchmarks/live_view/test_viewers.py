"""The viewers of the benchmark read events until the measurement ends."""

import time

from benchmarks.live_view.viewers import viewers
from tests.running_server import Server


def test_each_viewer_reads_events(four_models: Server) -> None:
    with viewers(four_models.url, 2) as seen:
        deadline = time.monotonic() + 60
        while min(seen) < 3:
            assert time.monotonic() < deadline
    with viewers(four_models.url, 0) as seen:
        assert seen == []
