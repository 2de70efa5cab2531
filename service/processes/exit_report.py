"""How a process ended, or why it had to be ended: for the log, the metrics and whoever asks."""

import asyncio
import logging
import time
from typing import Literal

from msgspec import Struct

from service.processes.child_process import ChildProcess
from service.processes.link import Link
from service.processes.liveness import Stall

logger = logging.getLogger(__name__)

Cause = Literal["exit", "load", "garbled"] | Stall

_DUMP_SECONDS = 1.0


class Death(Struct, frozen=True):
    """``reason`` is for people."""

    cause: Cause
    reason: str


async def examine(name: str, link: Link, stall: Stall | None) -> Death:
    """Find out why the process called ``name`` is no good any more, and log where its threads are.

    ``stall`` is what its pulse said, if that is why. A process that still runs is asked for its stacks.
    """
    process = link.process
    cause: Cause = "exit"
    if link.ended.done():
        code = link.ended.result()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    elif stall is not None:
        cause, how = stall, f"is {stall}"
        await _dump(process)
    else:
        cause, how = "garbled", "said what nobody understands"
        logger.error("an event of the %s failed", name, exc_info=link.receiving.exception())
    stacks = process.stacks
    where = f"; its threads:\n{stacks.rstrip()}" if stacks else "; it left no stacks" + " and is stopped" * bool(stall)
    logger.error("the %s process %s%s", name, how, where)
    return Death(cause, f"the {name} process {how}")


async def _dump(process: ChildProcess) -> None:
    """Have it write down where its threads are, and wait until it has or clearly cannot."""
    process.dump()
    deadline = time.monotonic() + _DUMP_SECONDS
    before = ""
    while time.monotonic() < deadline and (not before or before != process.stacks):
        before = process.stacks
        await asyncio.sleep(_DUMP_SECONDS / 20)
