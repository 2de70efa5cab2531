"""Signal handlers of a service that stops."""

import signal
from collections.abc import Callable
from typing import Any

_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def on_stop(handler: Callable[..., Any]) -> None:
    """Call ``handler`` at SIGTERM, SIGINT and SIGHUP. A signal that the service was started to ignore stays ignored.

    ``nohup`` ignores SIGHUP, which a terminal sends when it is closed.
    """
    for number in _STOP:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
