"""The Grafana dashboard shows series and labels that exist, and its files are found by Grafana's container."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.metrics.queries import problems, recorded, series_labels
from tests.metrics.test_deploy import DEPLOY, promtool, rules

GRAFANA = DEPLOY / "grafana"
DASHBOARD = json.loads((GRAFANA / "trivium.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def targets() -> Iterator[tuple[str, dict[str, Any]]]:
    """The queries, with the titles of their panels."""
    for panel in PANELS:
        yield from ((panel["title"], target) for target in panel["targets"])


def test_every_query_names_series_and_labels_that_exist() -> None:
    names = {rule["record"] for rule in rules("recording_rules.yml")}
    for title, target in targets():
        assert list(problems(target["expr"])) == [], title
        assert recorded(target["expr"]) <= names, title


def test_legends_name_labels_that_their_queries_leave() -> None:
    for title, target in targets():
        grouped = re.search(r"\bsum by \(([^)]*)\)", target["expr"])
        if grouped:
            labels = {label.strip() for label in grouped[1].split(",")}
        elif recorded(target["expr"]):
            labels = {"model"}
        else:
            names = re.findall(r"\b(?:trivium|process)_\w+", target["expr"])
            labels = set.union(*(series_labels()[name] for name in names)) if names else set()
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels, (title, target)


def test_variables_name_series_and_labels_that_exist() -> None:
    (query,) = [each["query"]["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", query)
    assert found
    assert found[2] in series_labels()[found[1]]


def test_prometheus_can_parse_every_query(tmp_path: Path) -> None:
    """As rules, with values in the place of Grafana's variables."""
    expressions = [target["expr"].replace("$__rate_interval", "5m").replace("$model", ".*") for _, target in targets()]
    assert not [each for each in expressions if "$" in each]
    group = {"name": "queries", "rules": [{"record": f"q:{i}", "expr": each} for i, each in enumerate(expressions)]}
    path = tmp_path / "queries.yml"
    path.write_text(json.dumps({"groups": [group]}), encoding="utf-8")
    assert promtool("check", "rules", str(path)) == ""


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + dx, place["y"] + dy) for dx in range(place["w"]) for dy in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_grafana_is_given_the_dashboard_and_prometheus() -> None:
    compose = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text(encoding="utf-8"))
    mounted = dict(volume.split(":")[:2] for volume in compose["services"]["grafana"]["volumes"])
    assert mounted["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    folder = "provisioning/dashboards/trivium.yml"
    (provider,) = yaml.safe_load((GRAFANA / folder).read_text(encoding="utf-8"))["providers"]
    assert mounted["./deploy/grafana/trivium.json"] == f"{provider['options']['path']}/trivium.json"
    source = "provisioning/datasources/prometheus.yml"
    (prometheus,) = yaml.safe_load((GRAFANA / source).read_text(encoding="utf-8"))["datasources"]
    assert prometheus["url"] == "http://prometheus:9090"
    assert "prometheus" in compose["services"]
    assert compose["services"]["grafana"]["ports"] == ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"]
