"""The two loads: many clients with one text each, and one client with many texts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# Sends some texts as one request, and returns when their vectors are there.
Send = Callable[[list[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Load:
    """``clients`` clients at once. Each sends its requests of ``texts`` texts one after another."""

    clients: int
    requests: int
    texts: int

    @property
    def name(self) -> str:
        """The load in words, for the table."""
        if self.clients == 1:
            return f"1 client, {self.texts:,} texts"
        return f"{self.clients} clients, one text each"

    def split(self, texts: list[str]) -> list[list[list[str]]]:
        """The texts of each request of each client."""
        parts = [texts[begin : begin + self.texts] for begin in range(0, len(texts), self.texts)]
        return [parts[client :: self.clients] for client in range(self.clients)]

    @property
    def num_texts(self) -> int:
        """The texts of all requests."""
        return self.clients * self.requests * self.texts


async def run(load: Load, texts: list[str], send: Send) -> float:
    """The seconds from the first request to the last answer."""

    async def client(requests: list[list[str]]) -> None:
        for request in requests:
            await send(request)

    begin = time.perf_counter()
    await asyncio.gather(*(client(requests) for requests in load.split(texts)))
    return time.perf_counter() - begin
