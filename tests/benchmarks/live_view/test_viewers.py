"""The viewers of the benchmark read events until the measurement ends."""

import time

from benchmarks.live_view.viewers import viewers
from tests.running_server import Server
from tests.serving.many_models import load_as_at_the_start


def test_each_viewer_reads_events(many_models: Server) -> None:
    load_as_at_the_start(many_models)
    with viewers(many_models.url, 2) as seen:
        deadline = time.monotonic() + 60
        while min(seen) < 3:
            assert time.monotonic() < deadline
    with viewers(many_models.url, 0) as seen:
        assert seen == []
