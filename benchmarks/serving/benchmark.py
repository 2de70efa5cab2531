"""The benchmark of our own server, or of any server that has OpenAI's ``/v1/completions``."""

from benchmarks.processes.servers import Server, find_server
from benchmarks.report.tables import open_console
from benchmarks.serving.cases import Case
from benchmarks.serving.client import Target
from benchmarks.serving.results import report_results
from benchmarks.serving.rounds import TRIVIUM, fetch_model_name, measure_round, trivium_server, warm_up


def measure(
    model: str, url: str | None, cases: dict[str, Case], rounds: int, tolerance: float, arguments: list[str]
) -> None:
    """Measure our own server, or the server at ``url``; print and write the results.

    If the processes of the server at ``url`` cannot be seen from here, its memory is not measured, and its CPU time
    counts as that of other processes. Raises ServerFailed.
    """
    if url:
        _measure(Target(url, url, model or fetch_model_name(url)), find_server(url), cases, rounds, tolerance)
        return
    with trivium_server(model, arguments) as server:
        _measure(Target(TRIVIUM, server.url, fetch_model_name(server.url)), server, cases, rounds, tolerance)


def _measure(target: Target, server: Server | None, cases: dict[str, Case], rounds: int, tolerance: float) -> None:
    console = open_console(180)
    warm_up(target)
    results = []
    with console.status("") as status:
        for number in range(rounds):
            for name, case in cases.items():
                status.update(f"round {number + 1} of {rounds}: {name}")
                results.append(measure_round(target, name, case, number, server))
    report_results(console, "serving", results, tolerance, model=target.model)
