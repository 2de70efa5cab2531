"""Measures when the tokens of a completion arrive."""

import time

from service.engine.protocol.outputs import TokenOutput
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.usage import Timings


class TokenClock:
    """Runs from its construction until ``stop``, and reports every token to the observer."""

    def __init__(self, observer: CompletionObserver | None) -> None:
        self.started = time.monotonic()
        self._observer = observer
        self._stopped: float | None = None
        self._queue_seconds: float | None = None
        self._ttft: float | None = None
        self._largest_gap: float | None = None
        self._last_token: dict[str, float] = {}  # request id -> time of its last token

    def record(self, output: TokenOutput) -> None:
        """Record that an output has arrived now."""
        now = time.monotonic()
        if self._queue_seconds is None:
            self._queue_seconds = output.queue_time
        if output.token is None:
            return
        last = self._last_token.get(output.request_id)
        self._last_token[output.request_id] = now
        if self._ttft is None:
            self._ttft = now - self.started
        if last is not None:
            self._largest_gap = max(now - last, self._largest_gap or 0.0)
        if self._observer is not None:
            if last is None:
                self._observer.first_token(now - self.started)
            else:
                self._observer.token_gap(now - last)

    def stop(self) -> bool:
        """Stop the clock. Returns False if it was stopped before."""
        if self._stopped is not None:
            return False
        self._stopped = time.monotonic()
        return True

    @property
    def timings(self) -> Timings:
        """The seconds until now, or until the clock was stopped."""
        total = (self._stopped or time.monotonic()) - self.started
        return Timings(self._queue_seconds or 0.0, self._ttft, total, self._largest_gap)
