"""Our server and peers in one run, in turns: a disturbance of the machine meets all of them."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.peers.environment import InstallFailed
from benchmarks.peers.peer import Launch, Peer, usable_cores
from benchmarks.peers.text_prompts import text_maker
from benchmarks.processes.servers import Server, ServerFailed, running_server
from benchmarks.report.statistics import median_of_known
from benchmarks.report.tables import open_console
from benchmarks.serving.cases import Case
from benchmarks.serving.client import Target
from benchmarks.serving.results import RoundResult, report_results
from benchmarks.serving.rounds import TRIVIUM, fetch_model_name, measure_round, trivium_server, warm_up
from service import __version__
from service.tasks.text.tokenizer import Tokenizer

_START_SECONDS = 1800  # vLLM compiles on its first start
_FAILURES = (InstallFailed, ServerFailed, OSError, httpx.HTTPError, LookupError, ValueError)
_RATIOS = ("tokens_per_second", "ttft_p50", "tpot_p50")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server that runs, and how it is asked."""

    target: Target
    server: Server


class Contest:
    """Starts the servers of one comparison. All of them run all the time; one at a time is under load.

    A peer that cannot be installed or started is in ``missing``, with the reason.
    """

    def __init__(self, model: str, path: Path, console: Console) -> None:
        """``path``: the directory of ``model``."""
        self.missing: dict[str, str] = {}
        self._model = model
        self._path = path
        self._console = console

    def install(self, peers: list[Peer]) -> dict[str, Launch]:
        """Install the peers; return the launch of each that could be installed, by its name.

        This comes before any server runs, because an installation may use all cores for many minutes.
        """
        launches = {}
        for peer in peers:
            with self._console.status(f"installing {peer.name}, if it is not installed yet"):
                try:
                    peer.install()
                    launches[peer.name] = peer.launch(self._path)
                except _FAILURES as error:
                    self._add_missing(peer.name, error)
        return launches

    def start_trivium(self, stack: ExitStack, arguments: list[str]) -> Contestant:
        """Our own server, which ends with ``stack``. Raises ServerFailed."""
        with self._console.status(f"starting {TRIVIUM}"):
            server = stack.enter_context(trivium_server(self._model, arguments))
            target = Target(TRIVIUM, server.url, fetch_model_name(server.url))
            warm_up(target)
        return Contestant(target, server)

    def start_peers(self, stack: ExitStack, launches: dict[str, Launch]) -> list[Contestant]:
        """The peers that can be started and answer. They end with ``stack``."""
        contestants = []
        for name, launch in launches.items():
            with self._console.status(f"starting {name}"):
                try:
                    contestants.append(self._start(stack, name, launch))
                except _FAILURES as error:
                    self._add_missing(name, error)
        return contestants

    def _start(self, stack: ExitStack, name: str, launch: Launch) -> Contestant:
        with ExitStack() as attempt:
            server = attempt.enter_context(
                running_server(launch.command, health="/health", environment=launch.environment, seconds=_START_SECONDS)
            )
            as_text = text_maker(Tokenizer.load(self._path)) if launch.text_only else None
            model = launch.model or fetch_model_name(server.url)
            target = Target(name, server.url, model, launch.extra, as_text, launch.schema_fields)
            warm_up(target)
            stack.push(attempt.pop_all())
        return Contestant(target, server)

    def _add_missing(self, name: str, error: Exception) -> None:
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
    """Install and start the peers, measure all servers in turns, print and write the results.

    ``path`` is the directory of ``model``; ``arguments`` are further ones of ``trivium serve``.
    """
    console = open_console(180)
    contest = Contest(model, path, console)
    results: list[RoundResult] = []
    launches = contest.install(peers)
    with ExitStack() as stack:
        contestants = [contest.start_trivium(stack, arguments), *contest.start_peers(stack, launches)]
        with console.status("") as status:
            for number in range(rounds):
                for name, case in cases.items():
                    for each in contestants:
                        status.update(f"round {number + 1} of {rounds}: {name}, {each.target.name}")
                        results.append(measure_round(each.target, name, case, number, each.server))
    origins = {TRIVIUM: " ".join([__version__, *arguments])} | {peer.name: peer.origin for peer in peers}
    facts = {"model": model, "cores": len(usable_cores()), "origins": origins, "missing": contest.missing}
    report_results(console, "peers", results, tolerance, **facts)
    console.print(make_ratio_table(results))
    for name, reason in contest.missing.items():
        console.print(f"[red]{escape(name)} was not measured:[/]", escape(reason))


def make_ratio_table(results: list[RoundResult]) -> Table:
    """The ratio of Trivium to each peer, from the medians over the rounds: tokens per second, TTFT and TPOT."""
    peers = list(dict.fromkeys(result.server for result in results if result.server != TRIVIUM))
    table = Table("case", "ours to", "tokens/s", "TTFT", "TPOT")
    for case in dict.fromkeys(result.case for result in results):
        for peer in peers:
            table.add_row(case, peer, *(_ratio(results, case, peer, field) for field in _RATIOS))
    return table


def _ratio(results: list[RoundResult], case: str, peer: str, field: str) -> str:
    ours, theirs = (
        median_of_known(getattr(result, field) for result in results if (result.case, result.server) == (case, server))
        for server in (TRIVIUM, peer)
    )
    return f"{ours / theirs:.2f} x" if ours is not None and theirs else "-"
