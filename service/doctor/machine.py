"""Checks of the machine: processor, memory, limits."""

import resource

from service.control_groups.cpu import cpu_quota
from service.control_groups.memory import memory_limit
from service.doctor.finding import Finding, ok, warning
from service.settings import Settings

_LITTLE_MEMORY = 1 << 30  # bytes; the default model takes about two GiB
_FEW_FILES = 1024


def processor(_: Settings) -> Finding:
    """The instructions that the processor has, and the cores that this process may use."""
    import torch

    from service.models.hardware import num_cores

    kind, quota = torch.backends.cpu.get_cpu_capability(), cpu_quota()
    limit = "" if quota is None else f", a quota of {quota:g} processors"
    return ok(f"instructions up to {kind}, {num_cores()} cores{limit}")


def memory(_: Settings) -> Finding:
    """The memory that is available, and the limit of the control groups."""
    from service.models.hardware import available_memory

    available, limit = available_memory(), memory_limit()
    within = "no limit of a control group" if limit is None else f"a control group allows {gibibytes(limit)}"
    facts = f"{gibibytes(available)} available, {within}"
    if available < _LITTLE_MEMORY:
        return warning(facts, "choose a small model and a small --kv-cache-memory, or give the service more memory")
    return ok(facts)


def open_files(_: Settings) -> Finding:
    """The limit of open files, which bounds the connections."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        return ok("no limit")
    if hard < _FEW_FILES:
        advice = "raise the hard limit (ulimit -Hn, LimitNOFILE=, --ulimit nofile=): each connection takes one"
        return warning(f"at most {hard:,}", advice)
    return ok(f"at most {hard:,}")


def gibibytes(number: int) -> str:
    """A number of bytes for people."""
    return f"{number / 2**30:.1f} GiB"
