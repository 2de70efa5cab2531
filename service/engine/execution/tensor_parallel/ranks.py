"""The other ranks, as rank 0 sees them."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import torch

from service.engine.execution.tensor_parallel import group
from service.engine.execution.tensor_parallel.commands import Command, Join, MakeCache, send
from service.engine.protocol.config import EngineConfig
from service.errors import DeviceLost, EngineError
from service.models.hardware import find_device

_FOLLOWER = "service.engine.execution.follower"


class Ranks:
    """Processes that compute the model together with this one. They end with this process."""

    def __init__(self, config: EngineConfig, device: torch.device) -> None:
        """Start the processes and meet them. Raises EngineError if that fails, or if the settings do not go together.

        ``device`` is that of this process.
        """
        if config.speculation == "draft" or config.adapters:
            raise EngineError("tensor_parallel cannot be used with a draft model or with adapters")
        devices = [group.device_of(device, rank) for rank in range(config.tensor_parallel)]
        for each in devices:
            find_device(str(each))
        self._directory = tempfile.TemporaryDirectory()  # transformers makes more groups later, which meet here too
        store = Path(self._directory.name) / "store"
        self._processes = [self._start(config, rank, devices[rank], store) for rank in range(1, len(devices))]
        try:
            group.join(store, 0, config.tensor_parallel, device)
        except RuntimeError as error:
            raise EngineError("a process of tensor_parallel did not start") from error

    def make_cache(self, *, num_blocks: int, block_size: int) -> None:
        """Let the other ranks make KV caches of the sizes of this one's. Raises DeviceLost."""
        self.send(MakeCache(num_blocks, block_size))

    def send(self, command: Command) -> None:
        """Tell all other ranks. Raises DeviceLost if one is gone."""
        try:
            for process in self._processes:
                send(cast(BinaryIO, process.stdin), command)
        except OSError as error:
            raise DeviceLost("a process of tensor_parallel has ended") from error

    def _start(self, config: EngineConfig, rank: int, device: torch.device, store: Path) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-m", _FOLLOWER], stdin=subprocess.PIPE)
        config = msgspec.structs.replace(config, device=str(device))
        send(cast(BinaryIO, process.stdin), Join(config, rank, str(store)))
        return process
