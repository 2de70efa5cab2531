"""What this machine offers, as the process sees it: device, number type, cores, memory.

In a container the limits of its control group count, not the size of the host.
"""

import logging
import math
import os
from contextlib import suppress
from pathlib import Path

import torch

from service.errors import ProcessError

logger = logging.getLogger(__name__)

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
_CGROUP = Path("/sys/fs/cgroup")
_CPUS = Path("/sys/devices/system/cpu")


def find_device(name: str) -> torch.device:
    """The device called ``name``; "auto" is the first CUDA device, or else the CPU. Raises ProcessError."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ProcessError(f"there is no device {name!r}: use auto, cpu, cuda or cuda:N") from None
    if device.type not in ("cpu", "cuda"):
        raise ProcessError(f"device {name!r} is not supported: use auto, cpu, cuda or cuda:N")
    if device.type == "cuda":
        index = device.index or 0
        if index >= torch.cuda.device_count():
            raise ProcessError(
                f"device {name!r} was asked for, but torch sees {torch.cuda.device_count()} CUDA devices"
            )
        return torch.device("cuda", index)
    return torch.device("cpu")


def find_dtype(
    name: str, checkpoint: torch.dtype | None, device: torch.device, *, computes_in_float32: bool = False
) -> torch.dtype:
    """The number type called ``name``; "auto" is the checkpoint's, unless the device computes another one much faster.

    On CUDA float32 becomes bfloat16. On the CPU float16 becomes bfloat16, and without bfloat16 instructions both
    become float32, unless the type is only what numbers are kept in (``computes_in_float32``). Raises ProcessError.
    """
    if name != "auto":
        if name not in _DTYPES:
            raise ProcessError(f"dtype {name!r} is not one of auto, {', '.join(_DTYPES)}")
        return _DTYPES[name]
    wanted = checkpoint or torch.bfloat16
    if device.type == "cuda":
        chosen = wanted if wanted == torch.float16 else torch.bfloat16
    elif wanted == torch.float32 or not (computes_in_float32 or torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        chosen = torch.float32
    else:
        chosen = torch.bfloat16
    if chosen != wanted:
        logger.info("the checkpoint is %s; computing in %s on this device", dtype_name(wanted), dtype_name(chosen))
    return chosen


def dtype_name(dtype: torch.dtype) -> str:
    """``bfloat16`` rather than ``torch.bfloat16``."""
    return str(dtype).removeprefix("torch.")


def num_cores() -> int:
    """Physical cores that this process may use, at least one. A CPU quota rounds up."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    cores = set()
    for cpu in cpus:
        siblings = str(cpu)
        with suppress(OSError):
            siblings = (_CPUS / f"cpu{cpu}/topology/thread_siblings_list").read_text().strip()
        cores.add(siblings)
    quota = math.inf
    with suppress(OSError, ValueError):
        limit, period = (_CGROUP / "cpu.max").read_text().split()
        quota = math.ceil(int(limit) / int(period))  # "max" is no number: no quota
    return max(1, int(min(len(cores), quota)))


def available_memory() -> int:
    """Bytes of memory that this process may still take."""
    available: float = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        available = int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) * 1024
    with suppress(OSError, ValueError):
        limit = int((_CGROUP / "memory.max").read_text())  # "max" is no number: no limit
        used = int((_CGROUP / "memory.current").read_text())
        available = min(available, limit - used)
    return max(0, int(available))
