"""``python -m tests.deploy.helm.render CHART``: render a chart by Helm itself, as a library, for each of many values.

Reads ``{name: values}`` as JSON, in which ``values`` may also be arguments of the command helm: a list such as
``["--set", "replicas=2"]``. Writes ``{name: {"files": {template: text}, "lint": [text]} or {"error": text}}``. It is a
process of its own, because the library is a Go program, with threads and signal handlers that tests should not have.
"""

import json
import sys
from typing import Any

from helm_python import Chart, HelmRenderError, HelmValuesError, lint, parse_set_string


def main(chart: str) -> None:
    """Render the cases of standard input."""
    cases = json.load(sys.stdin)
    answers: dict[str, dict[str, object]] = {}
    with Chart.load(chart) as loaded:
        for name, given in cases.items():
            values = _values(given) if isinstance(given, list) else given
            try:
                loaded.validate_schema(values)
                answers[name] = {"files": loaded.render(values, name="demo", namespace="prod")}
            except (HelmRenderError, HelmValuesError) as error:
                answers[name] = {"error": str(error)}
            else:
                answers[name]["lint"] = [
                    each["error"] for each in lint(chart, values)["messages"] if each["severity"] > 1
                ]
    json.dump(answers, sys.stdout)


def _values(arguments: list[str]) -> dict[str, Any]:
    """The values of ``--set`` and ``--set-file``; the latter have the text ``FILE``. Raises KeyError for others."""
    values: dict[str, Any] = {}
    for option, text in zip(arguments[::2], arguments[1::2], strict=True):
        given = {"--set": text, "--set-file": text.partition("=")[0] + "=FILE"}[option]
        values = _merged(values, parse_set_string(given))
    return values


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = below | above
    for name in below.keys() & above.keys():
        if isinstance(below[name], dict):
            both[name] = _merged(below[name], above[name])
    return both


if __name__ == "__main__":
    main(sys.argv[1])
