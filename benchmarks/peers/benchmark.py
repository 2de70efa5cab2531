"""Our server and others in one run, by turns: what the machine does to the one it does to the other."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.peers.environment import InstallFailed
from benchmarks.peers.peer import Launch, Peer, cores
from benchmarks.peers.prompt_text import as_text
from benchmarks.processes.servers import Server, ServerFailed, started
from benchmarks.serving import benchmark as serving
from benchmarks.serving.cases import Case
from benchmarks.serving.client import Target
from benchmarks.serving.results import Result
from service import __version__
from service.tasks.text.tokenizer import Tokenizer

_SECONDS = 1800  # that a peer may take to start: vLLM compiles, the first time
_FAILURES = (InstallFailed, ServerFailed, OSError, httpx.HTTPError, LookupError, ValueError)
_FIELDS = ("tokens_per_second", "ttft_p50", "tpot_p50")


@dataclass(frozen=True, slots=True)
class Contestant:
    target: Target
    server: Server


class Comparison:
    """All servers run all the time; one at a time is under load.

    A peer that cannot be installed or started is in ``missing`` with its reason.
    """

    def __init__(self, model: str, path: Path, console: Console) -> None:
        """``path``: the directory of ``model``."""
        self.missing: dict[str, str] = {}
        self._model = model
        self._path = path
        self._console = console

    def installed(self, peers: list[Peer]) -> dict[str, Launch]:
        """Before anything runs, for it may take all the cores for many minutes."""
        launches = {}
        for peer in peers:
            with self._console.status(f"installing {peer.name}, if it is not yet"):
                try:
                    peer.install()
                    launches[peer.name] = peer.launch(self._path)
                except _FAILURES as error:
                    self._miss(peer.name, error)
        return launches

    def ours(self, stack: ExitStack, arguments: list[str]) -> Contestant:
        """What it cannot do is an error."""
        with self._console.status(f"starting {serving.OURS}"):
            server = stack.enter_context(serving.ours(self._model, arguments))
            target = Target(serving.OURS, server.url, serving.model_of(server.url))
            serving.warm_up(target)
        return Contestant(target, server)

    def started(self, stack: ExitStack, launches: dict[str, Launch]) -> list[Contestant]:
        made = []
        for name, launch in launches.items():
            with self._console.status(f"starting {name}"):
                try:
                    made.append(self._start(stack, name, launch))
                except _FAILURES as error:
                    self._miss(name, error)
        return made

    def _start(self, stack: ExitStack, name: str, launch: Launch) -> Contestant:
        with ExitStack() as attempt:
            running = started(launch.command, health="/health", environment=launch.environment, seconds=_SECONDS)
            server = attempt.enter_context(running)
            text = as_text(Tokenizer.load(self._path)) if launch.text_only else None
            target = Target(name, server.url, launch.model or serving.model_of(server.url), launch.extra, text)
            serving.warm_up(target)
            stack.push(attempt.pop_all())
        return Contestant(target, server)

    def _miss(self, name: str, error: Exception) -> None:
        self.missing[name] = f"{type(error).__name__}: {error}"


def measure(
    model: str,
    path: Path,
    peers: list[Peer],
    cases: dict[str, Case],
    rounds: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """Install, start, measure, print and write."""
    console = Console(width=None if sys.stdout.isatty() else 180)
    comparison = Comparison(model, path, console)
    results: list[Result] = []
    launches = comparison.installed(peers)
    with ExitStack() as stack:
        contestants = [comparison.ours(stack, arguments), *comparison.started(stack, launches)]
        with console.status("") as status:
            for number in range(rounds):
                for name, case in cases.items():
                    for each in contestants:
                        status.update(f"round {number + 1} of {rounds}: {name}, {each.target.name}")
                        results.append(serving.round_of(each.target, name, case, number, each.server))
    origins = {serving.OURS: " ".join([__version__, *arguments])} | {peer.name: peer.origin for peer in peers}
    facts = {"model": model, "cores": len(cores()), "origins": origins, "missing": comparison.missing}
    serving.show(console, "peers", results, tolerance, **facts)
    console.print(ratios(results))
    for name, reason in comparison.missing.items():
        console.print(f"[red]{escape(name)} was not measured:[/]", escape(reason))


def ratios(results: list[Result]) -> Table:
    """Ours to each peer's, by the medians over the rounds: tokens a second, time to the first token and for each."""
    peers = list(dict.fromkeys(result.server for result in results if result.server != serving.OURS))
    made = Table("case", "ours to", "tokens/s", "TTFT", "TPOT")
    for case in dict.fromkeys(result.case for result in results):
        for peer in peers:
            made.add_row(case, peer, *(_ratio(results, case, peer, field) for field in _FIELDS))
    return made


def _ratio(results: list[Result], case: str, peer: str, field: str) -> str:
    ours, theirs = (_middle(results, case, server, field) for server in (serving.OURS, peer))
    return f"{ours / theirs:.2f} x" if ours is not None and theirs else "-"


def _middle(results: list[Result], case: str, server: str, field: str) -> float | None:
    known = [getattr(r, field) for r in results if (r.case, r.server) == (case, server)]
    known = [value for value in known if value is not None]
    return median(known) if known else None
