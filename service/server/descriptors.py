"""File descriptors: the last ones are for the service itself.

Each connection takes a descriptor. When there is none left, the event loop closes new connections without a word, and
the service can open neither files nor sockets to its child processes. So connections are refused while some are left.
"""

import logging
import time
from enum import StrEnum

from starlette.types import Receive, Scope, Send

from service.api.errors import RETRY_AFTER, ApiError, respond
from service.server.open_file_limit import current_limit

logger = logging.getLogger(__name__)

_NEAR = 0.8  # of the limit
_WARNING_SECONDS = 60.0
_ADVICE = "raise the hard limit of open files (ulimit -Hn, LimitNOFILE=, --ulimit nofile=)"


class Use(StrEnum):
    """How much of the limit is in use."""

    NORMAL = "normal"
    NEAR = "near the limit"
    FULL = "full"
    SPENT = "spent"


class Descriptors:
    """Judges the use of descriptors by the number of the newest: it is the lowest that was free.

    A warning is logged when the use becomes worse, at most once a minute.
    """

    def __init__(self, limit: int | None = None) -> None:
        """``limit`` is the most open files of this process. None: as the system says."""
        self.limit = limit = limit or current_limit()
        reserve = max(16, min(256, limit // 10))  # for files and child processes
        self._full = limit - reserve
        self._spent = limit - reserve // 2  # refusals in words have taken the rest
        self._near = int(limit * _NEAR)
        self._warned: dict[Use, float] = {}  # monotonic seconds

    def use(self, number: int) -> Use:
        """The use, when a new connection has the descriptor ``number``."""
        if number >= self._full:
            self._warn(Use.FULL, number, "new connections are refused")
            return Use.SPENT if number >= self._spent else Use.FULL
        if number >= self._near:
            self._warn(Use.NEAR, number, "soon new connections will be refused")
            return Use.NEAR
        return Use.NORMAL

    def _warn(self, use: Use, number: int, consequence: str) -> None:
        now = time.monotonic()
        if now - self._warned.get(use, -_WARNING_SECONDS) >= _WARNING_SECONDS:
            self._warned[use] = now
            logger.warning("%d of %d file descriptors are in use: %s; %s", number + 1, self.limit, consequence, _ADVICE)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """The application of a connection for which there is no descriptor to spare."""
    headers = RETRY_AFTER | {"connection": "close"}
    error = ApiError(503, "Too many connections are open", code="too_many_connections", headers=headers)
    await respond(error, scope)(scope, receive, send)
