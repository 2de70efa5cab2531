"""Viewers of the live view, in threads of this process: they read every event and keep none."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

_SECONDS = 60.0  # between two events, at most


@contextmanager
def viewers(url: str, count: int) -> Iterator[list[int]]:
    """Watch until the block ends. Yields the numbers of events that each viewer has read so far."""
    seen = [0] * count
    with ExitStack() as stack:
        for number in range(count):
            http = stack.enter_context(httpx.Client(base_url=url, timeout=_SECONDS))
            stream = stack.enter_context(http.stream("GET", "/v1/statistics")).raise_for_status()
            stopping = threading.Event()
            thread = threading.Thread(target=_read, args=(stream, seen, number, stopping))
            thread.start()
            stack.callback(thread.join)  # after the event below is set: the last callback is the first one called
            stack.callback(stopping.set)
        yield seen


def _read(stream: httpx.Response, seen: list[int], number: int, stopping: threading.Event) -> None:
    for line in stream.iter_lines():
        if stopping.is_set():
            return
        seen[number] += line.startswith("data: {")
