"""The hardware that this process may use: device, number type, cores, memory.

In a container the limits of its control groups count, not the size of the host.
"""

import logging
import math
import os
from contextlib import suppress
from pathlib import Path

import torch

from service.control_groups.cpu import cpu_quota
from service.control_groups.directories import ROOT
from service.control_groups.memory import spare_memory
from service.control_groups.values import table
from service.errors import EngineError

logger = logging.getLogger(__name__)

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


def find_device(name: str) -> torch.device:
    """The device called ``name``; "auto" is the first CUDA device, or the CPU if there is none.

    Raises EngineError if there is no such device.
    """
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise EngineError(f"there is no device {name!r}: use auto, cpu, cuda or cuda:N") from None
    if device.type not in ("cpu", "cuda"):
        raise EngineError(f"device {name!r} is not supported: use auto, cpu, cuda or cuda:N")
    if device.type == "cuda":
        index = device.index or 0
        if index >= torch.cuda.device_count():
            raise EngineError(f"device {name!r} was asked for, but torch sees {torch.cuda.device_count()} CUDA devices")
        return torch.device("cuda", index)
    return torch.device("cpu")


def find_dtype(
    name: str, checkpoint: torch.dtype | None, device: torch.device, *, computes_in_float32: bool = False
) -> torch.dtype:
    """The number type called ``name``; "auto" is the type of the ``checkpoint``, or one that the device is faster in.

    With "auto", a CUDA ``device`` computes float32 checkpoints in bfloat16, which is the only loss of precision; see
    ``rounding_note``. torch on a CPU computes float16 checkpoints in float32, and bfloat16 ones too if the processor
    has no instructions for them. ``computes_in_float32`` says that numbers are only stored in the type and are computed
    in float32, so the instructions do not matter.

    Raises EngineError if ``name`` is unknown.
    """
    if name != "auto":
        if name not in _DTYPES:
            raise EngineError(f"dtype {name!r} is not one of auto, {', '.join(_DTYPES)}")
        return _DTYPES[name]
    wanted = checkpoint or torch.bfloat16
    if device.type == "cuda":
        chosen = wanted if wanted == torch.float16 else torch.bfloat16
    elif computes_in_float32 or (wanted == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        chosen = wanted
    else:
        chosen = torch.float32
    if chosen != wanted:
        logger.info("the checkpoint is %s; computing in %s on this device", dtype_name(wanted), dtype_name(chosen))
    return chosen


def rounding_note(chosen: torch.dtype, checkpoint: torch.dtype | None) -> str:
    """The loss if weights of the type ``checkpoint`` are stored as ``chosen``, in words; empty if there is none."""
    if checkpoint is None or torch.promote_types(chosen, checkpoint) == chosen:
        return ""
    stored, name = dtype_name(checkpoint), dtype_name(chosen)
    return f"the checkpoint's {stored} weights are rounded to {name}; dtype {stored} keeps them"


def dequantized_note(chosen: torch.dtype) -> str:
    """The loss if quantized weights are dequantized to ``chosen``, in words; empty if there is none."""
    if chosen == torch.float32:
        return ""
    return f"the checkpoint's quantized weights are dequantized and rounded to {dtype_name(chosen)}"


def dtype_name(dtype: torch.dtype) -> str:
    """``bfloat16`` rather than ``torch.bfloat16``."""
    return str(dtype).removeprefix("torch.")


def num_cores(*, root: Path = ROOT) -> int:
    """The physical cores that this process may use, at least one. A CPU quota is rounded up.

    ``root`` is the directory that has ``proc`` and ``sys``.
    """
    cpus = root / "sys/devices/system/cpu"
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    cores = set()
    for cpu in allowed:
        siblings = str(cpu)
        with suppress(OSError):
            siblings = (cpus / f"cpu{cpu}/topology/thread_siblings_list").read_text().strip()
        cores.add(siblings)  # the threads of one core have the same list
    quota = cpu_quota(root)
    return max(1, len(cores) if quota is None else min(len(cores), math.ceil(quota)))


def available_memory(*, root: Path = ROOT) -> int:
    """The bytes of memory that this process may still allocate.

    ``root`` is the directory that has ``proc`` and ``sys``.
    """
    kibibytes = table(root / "proc/meminfo").get("MemAvailable")
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if kibibytes is None else kibibytes * 1024
    spare = spare_memory(root)
    return machine if spare is None else min(machine, spare)
