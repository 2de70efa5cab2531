"""Our server and others in one run, by turns: what the machine does to the one it does to the other."""

import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import serving
from benchmarks.cases import Case
from benchmarks.client import Target
from benchmarks.report import Result
from benchmarks.servers import Server, ServerFailed, started

_SECONDS = 600  # that a rival may take to start


def measure(
    model: str,
    rivals: dict[str, str],
    cases: dict[str, Case],
    rounds: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """``rivals`` are names and the commands that serve ``model``, in which {port} stands for the port.

    All servers run all the time; one at a time is under load. A rival that does not start is reported with its reason.
    """
    console = Console(width=None if sys.stdout.isatty() else 180)
    missing: dict[str, str] = {}
    results: list[Result] = []
    with ExitStack() as stack, console.status("") as status:
        contestants: list[tuple[Target, Server]] = []
        server = stack.enter_context(serving.ours(model, arguments))
        contestants.append((Target(serving.OURS, server.url, serving.model_of(server.url)), server))
        for name, command in rivals.items():
            status.update(f"starting {name}")
            try:
                server = stack.enter_context(started(_with_port(command), health="/health", seconds=_SECONDS))
                target = Target(name, server.url, serving.model_of(server.url))
                serving.warm_up(target)
            except (ServerFailed, OSError, httpx.HTTPError, LookupError, ValueError) as error:
                missing[name] = f"{type(error).__name__}: {error}"
            else:
                contestants.append((target, server))
        serving.warm_up(contestants[0][0])
        for number in range(rounds):
            for case_name, case in cases.items():
                for target, server in contestants:
                    status.update(f"round {number + 1} of {rounds}: {case_name}, {target.name}")
                    results.append(serving.round_of(target, case_name, case, number, server))
    serving.show(console, "peers", results, tolerance, missing)
    console.print(_ratios(results))
    for name, reason in missing.items():
        console.print(f"[red]{name} was not measured:[/] {reason}")


def _with_port(command: str) -> Callable[[int], list[str]]:
    return lambda port: shlex.split(command.replace("{port}", str(port)))


def _ratios(results: list[Result]) -> Table:
    """Ours to each rival's, by the medians over the rounds: tokens a second, and time to the first token."""
    rivals = list(dict.fromkeys(result.server for result in results if result.server != serving.OURS))
    made = Table("case", *(f"tokens/s to {name}" for name in rivals), *(f"TTFT to {name}" for name in rivals))
    for case in dict.fromkeys(result.case for result in results):

        def middle(server: str, field: str, case: str = case) -> float:
            return median(getattr(r, field) for r in results if (r.case, r.server) == (case, server))

        made.add_row(
            case,
            *(_ratio(middle(serving.OURS, field), middle(name, field)) for field in _FIELDS for name in rivals),
        )
    return made


_FIELDS = ("tokens_per_second", "ttft_p50")


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f} x" if theirs else "-"
