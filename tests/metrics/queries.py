"""PromQL as tests read it: which series and labels an expression names."""

import re
from collections.abc import Iterator

from tests.metrics.test_metrics import SERIES

# The series of Prometheus itself, and those of prometheus-client about the process.
_OTHERS = {"up": {"job", "instance"}}
_TARGET = {"job", "instance"}  # that Prometheus adds to every series
_RECORDED = re.compile(r"\bmodel:trivium_\w+:\w+")
_SELECTOR = re.compile(r"\b(trivium_\w+|process_\w+|python_\w+|up)\b(?:\{([^}]*)\})?")


def series_labels() -> dict[str, set[str]]:
    """The labels of every sample that Prometheus stores of the service, by its name."""
    labels = {name: set(names) for name, _, names in SERIES}
    for name, kind, names in SERIES:
        if kind == "histogram":
            labels |= {name + part: {*names, "le"} for part in ("_bucket", "_sum", "_count")}
    return labels | _OTHERS


def recorded(expression: str) -> set[str]:
    """The names of recording rules in an expression."""
    return set(_RECORDED.findall(expression))


def problems(expression: str) -> Iterator[str]:
    """The series of the service that an expression names and that do not exist, and labels that none of them has."""
    known = series_labels()
    text = _RECORDED.sub("", expression)
    found: set[str] = {"model"} if recorded(expression) else set()
    for name, matchers in _SELECTOR.findall(text):
        if name not in known:
            yield f"there is no series {name}"
            continue
        labels = known[name] | _TARGET
        found |= labels
        for label in re.findall(r"(\w+)\s*[=!]", re.sub(r'"[^"]*"', '""', matchers)):
            if label not in labels:
                yield f"{name} has no label {label}"
    for group in re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", text):
        for label in filter(None, (each.strip() for each in group.split(","))):
            if label not in found:
                yield f"no series of the expression has the label {label}"
