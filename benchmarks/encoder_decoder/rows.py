"""The rows of the benchmark, each printed as soon as it is measured."""

from rich.console import Console

from benchmarks.encoder_decoder.loads import Figures
from benchmarks.encoder_decoder.subjects import Subject
from benchmarks.report.tables import print_noise_warning, row_style

_WIDTHS = (18, 6, 30, 9, 9, 9, 12, 8, 14)
_NAMES = ("load", "beams", "server", "seconds", "median", "p99", "sentences/s", "ratio", "others' cores")


class Rows:
    """Rows on a console. The ratio is a server's time by that of the first server of its load."""

    def __init__(self, console: Console, tolerance: float) -> None:
        self._console, self._tolerance = console, tolerance
        self._noises: list[float] = []
        self._print(_NAMES, "bold")

    def add(
        self,
        load: str,
        beams: int,
        number: int,
        measured: list[tuple[Subject, Figures, float]],
        compared: str = "seconds",
    ) -> None:
        """Print what each server took for ``number`` sentences. ``compared`` is the figure of the ratio."""
        first = getattr(measured[0][1], compared)
        for subject, figures, noise in measured:
            times = f"{figures.seconds:.2f}", f"{figures.median:.3f}", f"{figures.p99:.3f}"
            rate, ratio = f"{number / figures.seconds:.1f}", f"{getattr(figures, compared) / first:.2f}"
            cells = load, str(beams), subject.name, *times, rate, ratio, f"{noise:.2f}"
            self._print(cells, row_style(noise, self._tolerance))
            self._noises.append(noise)

    def warn(self) -> None:
        """Say which rows other processes may have disturbed."""
        print_noise_warning(self._console, self._noises, self._tolerance)

    def _print(self, cells: tuple[str, ...], style: str | None) -> None:
        line = "".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
        self._console.print(line.rstrip(), style=style, highlight=False)
