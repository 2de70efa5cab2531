"""Draining: a stopping service keeps listening and refuses new requests, while the open ones finish.

Clients and load balancers notice only after some time that a service is stopping. Until then, a 503 with a time to
retry after tells them more than a refused connection.
"""

import asyncio
import logging
import signal
import socket
from types import FrameType

import uvicorn

from service.api.limits.admissions import Admissions
from service.server import listening

logger = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """A uvicorn server that drains after the first signal and stops at once after a second one, unless it is SIGHUP.

    ``delay`` is the least number of seconds that it keeps listening after the first signal.
    """

    def __init__(self, config: uvicorn.Config, admissions: Admissions, *, delay: float) -> None:
        super().__init__(config)
        self._admissions = admissions
        self._delay = delay

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._admissions.close()
        # A closed terminal sends SIGHUP twice: itself, and by its shell.
        self.force_exit = self.force_exit or (self.should_exit and sig != signal.SIGHUP)
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        logger.info("listening on %s", ", ".join(f"http://{listening.text(each)}" for each in sockets or ()))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        clock = asyncio.get_running_loop().time
        started, timeout = clock(), self.config.timeout_graceful_shutdown or 0
        while not self.force_exit:
            passed = clock() - started
            if passed >= self._delay and (not self._admissions.active or passed >= timeout):
                break
            await asyncio.sleep(0.05)
        self.config.timeout_graceful_shutdown = max(0, round(timeout - (clock() - started)))
        await super().shutdown(sockets)
