"""Charts of results, as SVG that is the same for the same numbers and can be read on light and on dark."""

import json
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter

from benchmarks.serving.benchmark import OURS

Row = dict[str, Any]

_INK = "#7a828e"
_OURS = "#e8590c"
_THEIRS = ("#1c7ed6", "#2f9e44", "#9c36b5", "#0c8599", "#b08800", "#868e96")
_MARKERS = "so^Dvp"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "trivium",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.4,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor", "axes.edgecolor"), _INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "grid.color"), _INK),
}
_SWEPT = ("one", "sixteen", "sixty-four")  # what else has the load of streams-N
_OVER_STREAMS = {"tokens_per_second": "tokens/s", "ttft_p50": "TTFT, ms", "tpot_p50": "TPOT, ms"}
_BY_CASE = {"tokens_per_second": "tokens/s", "ttft_p50": "TTFT, ms"}


def draw(files: list[Path], folder: Path, name: str) -> list[Path]:
    """Write what the results are enough for; all files count together, with the median of their rounds."""
    rows = [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))["results"]]
    folder.mkdir(exist_ok=True)
    by_case = [row for row in rows if not row["case"].startswith("streams-")]
    swept = [row for row in rows if row["case"] in _SWEPT or row not in by_case]
    with pyplot.rc_context(_STYLE):
        made = [_write(_cases(by_case), folder / f"{name}-cases.svg")] if by_case else []
        if len({row["streams"] for row in swept}) > 1:
            made.append(_write(_concurrency(swept), folder / f"{name}-concurrency.svg"))
    return made


def _concurrency(rows: list[Row]) -> Figure:
    """Lines over the number of streams, a panel for each number."""
    figure, panels = pyplot.subplots(1, len(_OVER_STREAMS), figsize=(9, 3), layout="constrained")
    streams = sorted({row["streams"] for row in rows})
    for axes, (field, title) in zip(panels, _OVER_STREAMS.items(), strict=True):
        for server, color, marker in _looks(rows):
            points = [(n, _middle(rows, field, server=server, streams=n)) for n in streams]
            known = [(n, value) for n, value in points if value is not None]
            line = {"color": color, "marker": marker, "markersize": 4, "linewidth": 2 if server == OURS else 1.2}
            axes.plot([n for n, _ in known], [value for _, value in known], label=server, **line)
        axes.set_title(title, loc="left")
        axes.set_xscale("log", base=2)
        axes.set_xticks(streams)
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("streams")
        if field == "tokens_per_second":
            axes.set_ylim(bottom=0)
        else:
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter(ScalarFormatter())
            axes.yaxis.set_minor_locator(NullLocator())
        axes.grid(True, axis="y")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=6, frameon=False)
    return figure


def _cases(rows: list[Row]) -> Figure:
    """Bars: a row of panels for each number, a panel for each case."""
    cases = list(dict.fromkeys(row["case"] for row in rows))
    looks = _looks(rows)
    size = (2 + 1.6 * len(cases), len(_BY_CASE) * (0.6 + 0.22 * len(looks)))
    figure, panels = pyplot.subplots(
        len(_BY_CASE), len(cases), figsize=size, layout="constrained", squeeze=False, sharey=True
    )
    for (field, title), line in zip(_BY_CASE.items(), panels, strict=True):
        for case, axes in zip(cases, line, strict=True):
            _bars(axes, looks, [_middle(rows, field, server=server, case=case) for server, _, _ in looks])
            axes.set_title(f"{case}: {title}" if case == cases[0] else case, loc="left")
    return figure


def _bars(axes: Axes, looks: list[tuple[str, str, str]], values: list[float | None]) -> None:
    bars = axes.barh([server for server, _, _ in looks], [value or 0 for value in values], 0.7)
    for bar, (_, color, _) in zip(bars, looks, strict=True):
        bar.set_color(color)
    axes.bar_label(bars, ["-" if value is None else f"{value:,.0f}" for value in values], padding=2, fontsize=8)
    axes.margins(x=0.35)
    axes.set_xticks([])
    axes.tick_params(left=False)
    axes.spines["bottom"].set_visible(False)
    if not axes.yaxis_inverted():
        axes.invert_yaxis()


def _looks(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Every server, ours first, with its color and marker."""
    servers = sorted(dict.fromkeys(row["server"] for row in rows), key=lambda server: server != OURS)
    theirs = iter(zip(_THEIRS * len(servers), _MARKERS * len(servers), strict=True))
    return [(server, _OURS, "o") if server == OURS else (server, *next(theirs)) for server in servers]


def _middle(rows: list[Row], field: str, **which: Any) -> float | None:
    known = [row[field] for row in rows if all(row[key] == value for key, value in which.items())]
    known = [value for value in known if value is not None]
    return median(known) if known else None


def _write(figure: Figure, path: Path) -> Path:
    figure.savefig(path, transparent=True, metadata={"Date": None})
    pyplot.close(figure)
    return path
