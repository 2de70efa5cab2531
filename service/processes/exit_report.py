"""The exit report: why a child process ended or had to be ended, for the log, the metrics and the clients."""

import asyncio
import logging
import signal
import time
from typing import Literal

from msgspec import Struct

from service.control_groups.memory import memory_limit
from service.processes.child_process import ChildProcess
from service.processes.link import Link
from service.processes.liveness import Stall

logger = logging.getLogger(__name__)

ExitCause = Literal["exit", "load", "garbled"] | Stall

_DUMP_SECONDS = 1.0


class ExitReport(Struct, frozen=True):
    """The cause is for the metrics, the reason is a sentence for people."""

    cause: ExitCause
    reason: str


async def report_exit(name: str, link: Link, *, stall: Stall | None, loading: bool, load_error: str) -> ExitReport:
    """Find out why the process called ``name`` is unusable, and log it with the stacks of its threads.

    ``stall`` says how the process is stuck, if that is the cause: it then still runs, and is asked for its stacks.
    ``load_error`` is why the process could not start, in its own words.
    """
    if load_error:
        logger.error("the %s cannot start: %s", name, load_error)
        return ExitReport("load", load_error)
    process = link.process
    cause: ExitCause = "exit"
    if link.ended.done():
        code = link.ended.result()
        event = _end(code, process)
    elif stall is not None:
        cause, event = stall, f"is {stall}"
        await _dump_stacks(process)
    else:
        cause, event = "garbled", "sent an event that cannot be handled"
        logger.error("an event of the %s failed", name, exc_info=link.receiving.exception())
    stacks = process.stacks
    if stacks:
        where = f"; its threads:\n{stacks.rstrip()}"
    else:
        where = "; it left no stacks and is stopped" if stall else "; it left no stacks"
    logger.error("the %s process %s%s", name, event, where)
    return ExitReport("load" if loading else cause, f"the {name} process {event}")


def _end(code: int, process: ChildProcess) -> str:
    """What ended the process, given its exit code or minus its signal."""
    if code == -signal.SIGKILL and process.lacked_memory:
        limit = memory_limit()
        where = "on this machine" if limit is None else f"within the limit of {limit / 2**20:,.0f} MiB"
        return (
            f"was killed by the kernel, because memory ran out {where}: give the service more memory, a smaller "
            "--kv-cache-memory, or a smaller model"
        )
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


async def _dump_stacks(process: ChildProcess) -> None:
    """Ask the process for its stacks. Wait until they are written completely, at most ``_DUMP_SECONDS``."""
    process.dump_stacks()
    deadline = time.monotonic() + _DUMP_SECONDS
    before = ""
    while time.monotonic() < deadline and (not before or before != process.stacks):
        before = process.stacks
        await asyncio.sleep(_DUMP_SECONDS / 20)
