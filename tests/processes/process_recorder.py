"""An observer of child processes for tests, which keeps every call."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class ProcessRecorder:
    """``returned`` is set when the process is ready again, and cleared when it dies."""

    causes: list[str] = field(default_factory=list)
    replayed: list[int] = field(default_factory=list)
    returned: asyncio.Event = field(default_factory=asyncio.Event)

    def process_died(self, cause: str) -> None:
        self.causes.append(cause)
        self.returned.clear()

    def process_returned(self, seconds: float, replayed: int) -> None:
        assert seconds > 0
        self.replayed.append(replayed)
        self.returned.set()
