"""The tasks one after another against a running server; a table of each, and one file of all."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.quality import answers, placeholders, translations
from benchmarks.quality.asking import Asker
from benchmarks.quality.scores import Score, line, table
from benchmarks.serving import benchmark as serving
from benchmarks.serving import results as report


@dataclass(frozen=True, slots=True)
class Task:
    """``scores`` is given the client, the directory of the data and the size of the sample."""

    scores: Callable[[Asker, Path, int], Iterator[Score]]
    files: tuple[str, ...]

    def missing(self, data: Path) -> list[str]:
        """The files that ``data`` lacks."""
        return [name for name in dict.fromkeys(self.files) if not (data / name).is_file()]


TASKS = {
    "answers": Task(answers.scores, answers.FILES),
    "translations": Task(translations.scores, translations.FILES),
    "placeholders": Task(placeholders.scores, ()),
}


def measure(
    model: str,
    url: str | None,
    data: Path,
    tasks: dict[str, Task],
    sample: int,
    in_flight: int,
    arguments: Sequence[str] = (),
) -> list[Score]:
    """Ask, print and write. At ``url`` if given, else our own server with further ``arguments`` is started.

    Ours is told to refuse fields that it does not know: what it cannot do is a failure, not another question's answer.
    """
    console = Console(width=None if sys.stdout.isatty() else 180)
    found: list[Score] = []
    with ExitStack() as stack:
        url = url or stack.enter_context(serving.ours(model, ["--strict-params", *arguments])).url
        served = serving.model_of(url)
        asker = Asker(url, in_flight)
        for name, task in tasks.items():
            scores = []
            with console.status(f"{served}: {name}"):
                for score in task.scores(asker, data, sample):
                    scores.append(score)
                    console.print(line(score), style="dim")
            found += scores
            console.print(table(scores))
            for score in scores:
                for error in score.errors:
                    console.print(f"{score.data}, {score.way}: {error}", style="red", markup=False)
    console.print(f"{served}; written to {report.write('quality', found)}")
    return found
