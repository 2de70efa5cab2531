"""Signal handlers of a service that stops."""

import signal
from collections.abc import Callable
from typing import Any


def on_stop(handler: Callable[..., Any]) -> None:
    """Call ``handler`` at SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
