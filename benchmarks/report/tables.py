"""Tables and the console that all benchmarks print to."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table


def open_console(width: int) -> Console:
    """A console with the terminal's width, or with ``width`` columns if the output is no terminal."""
    return Console(width=None if sys.stdout.isatty() else width)


def numeric_table(*columns: str, labels: int = 1, title: str | None = None) -> Table:
    """A table whose columns are aligned to the right, except the first ``labels`` columns."""
    table = Table(*columns, title=title)
    for column in table.columns[labels:]:
        column.justify = "right"
    return table


def markdown_table(rows: dict[str, object]) -> str:
    """A table with two columns without headings, in Markdown."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def format_number(value: float | None) -> str:
    """A number with one decimal below 1,000 and none above; "-" for None."""
    return "-" if value is None else f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def row_style(noise: float, tolerance: float) -> str | None:
    """Yellow for a row that was measured while other processes kept more than ``tolerance`` cores busy."""
    return "yellow" if noise > tolerance else None


def print_noise_warning(console: Console, noises: Iterable[float], tolerance: float) -> None:
    """Explain the yellow rows, if there are any."""
    if any(noise > tolerance for noise in noises):
        console.print(
            f"[yellow]Rows in yellow are spoilt: other processes kept more than {tolerance:.2f} cores busy.[/]"
        )
