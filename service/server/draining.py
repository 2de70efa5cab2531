"""The end of a service: it goes on listening, to say that it takes nothing more, while what is open finishes.

Whoever sends requests, be it a client or a load balancer, hears of the end some time after it began. A refused
connection tells them less than a 503 with a time to try again.
"""

import asyncio
import socket
from types import FrameType

import uvicorn

from service.api.limits.admission import Admission


class DrainingServer(uvicorn.Server):
    """A second signal ends it at once. ``delay`` is how many seconds it listens at least after the first."""

    def __init__(self, config: uvicorn.Config, admission: Admission, *, delay: float) -> None:
        super().__init__(config)
        self._admission = admission
        self._delay = delay

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._admission.close()
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        clock = asyncio.get_running_loop().time
        started, patience = clock(), self.config.timeout_graceful_shutdown or 0
        while not self.force_exit:
            passed = clock() - started
            if passed >= self._delay and (not self._admission.active or passed >= patience):
                break
            await asyncio.sleep(0.05)
        self.config.timeout_graceful_shutdown = max(0, round(patience - (clock() - started)))
        await super().shutdown(sockets)
