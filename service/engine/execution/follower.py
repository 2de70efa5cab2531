"""A rank behind rank 0: ``python -m service.engine.execution.follower``, with commands on its input.

It answers nothing: the ranks exchange numbers inside of the model.
"""

import os
import signal
import sys
from pathlib import Path

import torch

from service.engine.attention.kv_cache import KVCache
from service.engine.execution.cache_sizing import uses_flash
from service.engine.execution.forward import TorchForward
from service.engine.execution.tensor_parallel import group
from service.engine.execution.tensor_parallel.commands import (
    Command,
    Compute,
    CopyBlocks,
    Discard,
    Join,
    MakeCache,
    receive,
)
from service.models.hardware import find_device, num_cores
from service.models.hf.loader import load
from service.models.loaded_model import LoadedModel


class Follower:
    """This rank's part of the model, and its KV cache."""

    def __init__(self, loaded: LoadedModel, sizes: MakeCache, device: torch.device) -> None:
        assert loaded.model.backend == "torch"
        assert not loaded.model.has_encoder
        self._device = device
        self._cache = KVCache(
            loaded.layers,
            num_blocks=sizes.num_blocks,
            block_size=sizes.block_size,
            dtype=loaded.model.dtype,
            device=device,
            uses_flash=uses_flash(loaded, sizes.block_size, device),
        )
        self._forward = TorchForward(loaded.model, self._cache, None)

    @torch.inference_mode()
    def carry_out(self, command: Command) -> None:
        """Do what one command says."""
        match command:
            case Compute():
                self._forward.hidden(command.batch(self._cache, self._device))
            case Discard():
                self._forward.discard(command.array)
            case CopyBlocks(copies):
                self._cache.copy_blocks(copies)


def load_part(join: Join, device: torch.device) -> LoadedModel:
    """Meet the other ranks, and load this one's part of the model."""
    config = join.config
    if device.type == "cpu":
        torch.set_num_threads(config.threads or max(1, num_cores() // config.tensor_parallel))
    group.join(Path(join.store), join.rank, config.tensor_parallel, device)
    return load(config, device)


def main() -> None:
    """Follow rank 0 to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: rank 0 decides when the end is
    commands = sys.stdin.buffer
    join = receive(commands)
    assert isinstance(join, Join)
    device = find_device(join.config.device)
    loaded, sizes = load_part(join, device), receive(commands)
    if isinstance(sizes, MakeCache):  # or rank 0 has ended
        follower = Follower(loaded, sizes, device)
        while (command := receive(commands)) is not None:
            follower.carry_out(command)
    os._exit(0)  # the end of the interpreter would wait for the other ranks


if __name__ == "__main__":
    main()
