"""The processor's architecture, and the instructions that the operating system lets programs use."""

import platform
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}  # other systems' names
_LISTS = ("flags", "features")  # the name of the list on x86, and on ARM


@cache
def architecture() -> str:
    """The family of instructions: ``x86_64``, ``aarch64`` or another that Python names."""
    name = platform.machine().lower()
    return _ARCHITECTURES.get(name, name)


@cache
def features(cpuinfo: Path = _CPUINFO) -> frozenset[str]:
    """The instructions that all processors of the machine have, under Linux's names: ``avx2``, ``asimddp``.

    Linux leaves out what the hypervisor hides, and what needs registers that the system does not save. Where
    ``cpuinfo`` cannot be read, torch's name of the processor type says what there is at least.
    """
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _features_by_torch()
    lists = {line.partition(":")[2] for line in text.splitlines() if line.partition(":")[0].strip().lower() in _LISTS}
    return frozenset.intersection(*(frozenset(each.split()) for each in lists)) if lists else _features_by_torch()


def _features_by_torch() -> frozenset[str]:
    import torch

    kind = torch.backends.cpu.get_cpu_capability()
    names = X86_64_V3 if kind in {"AVX2", "AVX512"} else ()
    return frozenset((*names, *(X86_64_V4 if kind == "AVX512" else ())))


# What the levels of x86-64 need that compilers call x86-64-v3, and x86-64-v4 besides.
X86_64_V3 = ("avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe")
X86_64_V4 = ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")
