"""What a server must tell of itself to be measured beside ours."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is started for one model, and how it is asked."""

    command: Callable[[int], list[str]]  # is given the port
    environment: dict[str, str] = field(default_factory=dict)
    model: str = ""  # its name in requests; empty: the first that /v1/models lists
    extra: dict[str, Any] = field(default_factory=lambda: {"ignore_eos": True})
    text_only: bool = False  # it takes no token ids for a prompt


class Peer(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def origin(self) -> str:
        """What exactly is measured: a release, and what else decides how fast it is."""

    def install(self) -> None:
        """Do what is needed once. Raises InstallFailed."""

    def launch(self, model: Path) -> Launch:
        """Do what this model directory needs, after install. Raises InstallFailed."""


def cores() -> list[int]:
    """The cores that this process may use, which a server it starts inherits."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
