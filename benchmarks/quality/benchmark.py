"""The benchmark of quality: one task after another on a running server, with a table for each and one file for all."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality import answers, doubts, history, neighbours, placeholders, retrieval, translations
from benchmarks.quality.client import QualityClient
from benchmarks.quality.scores import Score, make_table, summary_line
from benchmarks.report.files import write_results
from benchmarks.report.tables import open_console
from benchmarks.serving.rounds import fetch_model_name, trivium_server


@dataclass(frozen=True, slots=True)
class QualityTask:
    """A task. ``measure_scores`` gets the client, the directory of the data and the size of the sample."""

    measure_scores: Callable[[QualityClient, Path, int], Iterator[Score]]
    files: tuple[str, ...]

    def missing_files(self, data: Path) -> list[str]:
        """The names of the needed files that ``data`` lacks."""
        return [name for name in dict.fromkeys(self.files) if not (data / name).is_file()]


TASKS = {
    "answers": QualityTask(answers.measure_scores, answers.FILES),
    "history": QualityTask(history.measure_scores, history.FILES),
    "retrieval": QualityTask(retrieval.measure_scores, retrieval.FILES),
    "translations": QualityTask(translations.measure_scores, translations.FILES),
    "flags": QualityTask(doubts.measure_scores, doubts.FILES),
    "neighbours": QualityTask(neighbours.measure_scores, neighbours.FILES),
    "placeholders": QualityTask(placeholders.measure_scores, ()),
}


def measure(
    model: str,
    url: str | None,
    data: Path,
    tasks: dict[str, QualityTask],
    sample: int,
    in_flight: int,
    arguments: Sequence[str] = (),
) -> list[Score]:
    """Ask, print and write; return the scores. Without ``url``, our own server is started with ``arguments``.

    Our server refuses unknown fields, so that a missing feature is a failure and not the answer to another question.
    """
    console = open_console(180)
    all_scores: list[Score] = []
    with ExitStack() as stack:
        url = url or stack.enter_context(trivium_server(model, ["--strict-params", *arguments])).url
        served = fetch_model_name(url)
        client = QualityClient(url, in_flight)
        for name, task in tasks.items():
            scores = []
            with console.status(f"{served}: {name}"):
                for score in task.measure_scores(client, data, sample):
                    scores.append(score)
                    console.print(summary_line(score), style="dim")
            all_scores += scores
            console.print(make_table(scores))
            for score in scores:
                for error in score.errors:
                    console.print(f"{score.data}, {score.way}: {error}", style="red", markup=False)
    console.print(f"{served}; written to {write_results('quality', all_scores)}")
    return all_scores
