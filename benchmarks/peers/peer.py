"""The interface of a peer: a server that can be measured beside ours."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.serving.client import response_format


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server for one model, and how its requests must look."""

    command: Callable[[int], list[str]]  # from the port
    environment: dict[str, str] = field(default_factory=dict)
    model: str = ""  # its name in requests; empty: the first that /v1/models lists
    extra: dict[str, Any] = field(default_factory=lambda: {"ignore_eos": True})  # further fields of each body
    text_only: bool = False  # the server takes no token ids for a prompt
    schema_fields: Callable[[dict[str, Any]], dict[str, Any]] = response_format  # ask for JSON of a schema


class Peer(Protocol):
    """A server that can be installed and started. It must have /health and OpenAI's completions."""

    @property
    def name(self) -> str: ...

    @property
    def origin(self) -> str:
        """The release that is measured, and everything else that decides how fast it is."""

    def install(self) -> None:
        """Install the peer, if it is not installed yet. Raises InstallFailed."""

    def launch(self, model: Path) -> Launch:
        """Prepare this model directory for the installed peer. Raises InstallFailed."""


def usable_cores() -> list[int]:
    """The numbers of the cores that this process may use. The servers that it starts inherit them."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
