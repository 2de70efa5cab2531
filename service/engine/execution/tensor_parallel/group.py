"""The group of ranks, as each of its processes sees it."""

from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

# In which the other ranks come, at the start and within a step. Between steps nobody waits for a rank.
_PATIENCE = timedelta(minutes=10)


def join(store: Path, rank: int, size: int, device: torch.device) -> None:
    """Meet the other ranks. Returns when all of them are there. Raises RuntimeError if one is not."""
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, init_method=f"file://{store}", rank=rank, world_size=size, timeout=_PATIENCE)


def device_of(device: torch.device, rank: int) -> torch.device:
    """The device of a rank, if that of rank 0 is ``device``: the GPUs behind it, one by one."""
    return device if device.type == "cpu" else torch.device("cuda", (device.index or 0) + rank)
