"""Charts of result files as SVG. Equal numbers give equal files; the colors suit light and dark backgrounds."""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter

from benchmarks.report.statistics import median_of_known
from benchmarks.serving.rounds import TRIVIUM

Row = dict[str, Any]
ServerStyle = tuple[str, str, str]  # the server's name, its color and its marker

_INK = "#7a828e"
_OUR_COLOR = "#e8590c"
_PEER_COLORS = ("#1c7ed6", "#2f9e44", "#9c36b5", "#0c8599", "#b08800", "#868e96")
_PEER_MARKERS = "so^Dvp"
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
_SWEPT_CASES = ("one", "sixteen", "sixty-four")  # cases with the same load as streams-1, streams-16 and streams-64
_PANELS_OVER_STREAMS = {"tokens_per_second": "tokens/s", "ttft_p50": "TTFT, ms", "tpot_p50": "TPOT, ms"}
_PANELS_BY_CASE = {"tokens_per_second": "tokens/s", "ttft_p50": "TTFT, ms"}


def draw(files: list[Path], folder: Path, name: str) -> list[Path]:
    """Draw the charts that the results suffice for into ``folder``; return their paths.

    The files count together: each value is the median over all their rounds. Raises KeyError if a file has no results.
    """
    rows = [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))["results"]]
    folder.mkdir(exist_ok=True)
    by_case = [row for row in rows if not row["case"].startswith("streams-")]
    swept = [row for row in rows if row["case"] in _SWEPT_CASES or row not in by_case]
    paths = []
    with pyplot.rc_context(_STYLE):
        if by_case:
            paths.append(_save(_draw_cases(by_case), folder / f"{name}-cases.svg"))
        if len({row["streams"] for row in swept}) > 1:
            paths.append(_save(_draw_concurrency(swept), folder / f"{name}-concurrency.svg"))
    return paths


def _draw_concurrency(rows: list[Row]) -> Figure:
    """Lines over the number of streams, one panel for each measured number."""
    figure, panels = pyplot.subplots(1, len(_PANELS_OVER_STREAMS), figsize=(9, 3), layout="constrained")
    streams = sorted({row["streams"] for row in rows})
    for axes, (field, title) in zip(panels, _PANELS_OVER_STREAMS.items(), strict=True):
        for server, color, marker in _server_styles(rows):
            points = [(count, _median(rows, field, server=server, streams=count)) for count in streams]
            known = [(count, value) for count, value in points if value is not None]
            line = {"color": color, "marker": marker, "markersize": 4, "linewidth": 2 if server == TRIVIUM else 1.2}
            axes.plot([count for count, _ in known], [value for _, value in known], label=server, **line)
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


def _draw_cases(rows: list[Row]) -> Figure:
    """Bars: one row of panels for each measured number, one panel for each case."""
    cases = list(dict.fromkeys(row["case"] for row in rows))
    styles = _server_styles(rows)
    size = (2 + 1.6 * len(cases), len(_PANELS_BY_CASE) * (0.6 + 0.22 * len(styles)))
    figure, panels = pyplot.subplots(
        len(_PANELS_BY_CASE), len(cases), figsize=size, layout="constrained", squeeze=False, sharey=True
    )
    for (field, title), panel_row in zip(_PANELS_BY_CASE.items(), panels, strict=True):
        for case, axes in zip(cases, panel_row, strict=True):
            _draw_bars(axes, styles, [_median(rows, field, server=server, case=case) for server, _, _ in styles])
            axes.set_title(f"{case}: {title}" if case == cases[0] else case, loc="left")
    return figure


def _draw_bars(axes: Axes, styles: list[ServerStyle], values: list[float | None]) -> None:
    bars = axes.barh([server for server, _, _ in styles], [value or 0 for value in values], 0.7)
    for bar, (_, color, _) in zip(bars, styles, strict=True):
        bar.set_color(color)
    axes.bar_label(bars, ["-" if value is None else f"{value:,.0f}" for value in values], padding=2, fontsize=8)
    axes.margins(x=0.35)
    axes.set_xticks([])
    axes.tick_params(left=False)
    axes.spines["bottom"].set_visible(False)
    if not axes.yaxis_inverted():
        axes.invert_yaxis()


def _server_styles(rows: list[Row]) -> list[ServerStyle]:
    """Every server of the rows with its style, Trivium first."""
    servers = sorted(dict.fromkeys(row["server"] for row in rows), key=lambda server: server != TRIVIUM)
    peer_styles = iter(zip(_PEER_COLORS * len(servers), _PEER_MARKERS * len(servers), strict=True))
    return [(server, _OUR_COLOR, "o") if server == TRIVIUM else (server, *next(peer_styles)) for server in servers]


def _median(rows: list[Row], field: str, **wanted: Any) -> float | None:
    """The median of a field over the rows that have the ``wanted`` values."""
    return median_of_known(row[field] for row in rows if all(row[key] == value for key, value in wanted.items()))


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, transparent=True, metadata={"Date": None})
    pyplot.close(figure)
    return path
