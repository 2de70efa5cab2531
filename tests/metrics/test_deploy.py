"""Prometheus' configuration, recording rules and alerts fit the series, and alerts fire when they should."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.metrics import Metrics
from service.outcomes import Outcome
from tests.metrics.queries import problems, recorded

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=str(Path(sys.executable).parent))
RULES = ("recording_rules.yml", "alerts.yml")


def read(name: str) -> Any:
    """A YAML file of ``deploy``."""
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def rules(name: str) -> list[dict[str, Any]]:
    """The rules of a file."""
    return [rule for group in read(name)["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("name", RULES)
def test_rules_use_series_and_labels_that_exist(name: str) -> None:
    found = {problem for rule in rules(name) for problem in problems(rule["expr"])}
    assert found == set()
    used = {each for rule in rules(name) for each in recorded(rule["expr"])}
    assert used <= {rule["record"] for rule in rules("recording_rules.yml")}


def test_a_series_or_a_label_that_does_not_exist_is_found() -> None:
    for wrong in (
        "sum by (model) (rate(trivium_request_total[5m]))",
        "sum by (route) (rate(trivium_requests_total[5m]))",
        'trivium_engine_up{state="up"} == 0',
        "sum by (state) (model:trivium_requests:rate5m)",
    ):
        assert list(problems(wrong)), wrong


def test_the_rule_for_faults_counts_the_outcomes_that_are_faults() -> None:
    (rule,) = [each for each in rules("recording_rules.yml") if each["record"] == "model:trivium_request_faults:rate5m"]
    outcomes, reasons = (re.search(rf'{name}"([^"]*)"', rule["expr"]) for name in ("outcome=~", "reason!~"))
    assert outcomes
    assert reasons
    counted = {
        each for each in Outcome if re.fullmatch(outcomes[1], each.kind) and not re.fullmatch(reasons[1], each.reason)
    }
    assert counted == {each for each in Outcome if each.is_fault}


def test_every_alert_is_tested_to_fire_and_to_be_silent() -> None:
    tested = {
        (check["alertname"], bool(check["exp_alerts"]))
        for test in read("alerts_test.yml")["tests"]
        for check in test["alert_rule_test"]
    }
    assert tested == {(rule["alert"], fires) for rule in rules("alerts.yml") for fires in (False, True)}


def test_prometheus_and_its_container_read_all_rules() -> None:
    assert read("prometheus.yml")["rule_files"] == list(RULES)
    compose = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text(encoding="utf-8"))
    mounted = {volume.split(":")[0] for volume in compose["services"]["prometheus"]["volumes"]}
    assert {f"./deploy/{name}" for name in (*RULES, "prometheus.yml")} <= mounted


def promtool(*arguments: str, stdin: bytes = b"") -> str:
    """The problems that promtool finds, or nothing."""
    if PROMTOOL is None:
        pytest.skip("promtool is not installed (Debian package prometheus)")
    result = subprocess.run([PROMTOOL, *arguments], input=stdin, capture_output=True, cwd=DEPLOY, check=False)
    return result.stderr.decode() if result.stderr or not result.returncode else f"exit {result.returncode}"


def test_promtool_finds_no_problem(metrics: Metrics) -> None:
    assert promtool("check", "metrics", stdin=metrics.render()[0]) == ""


def test_promtool_accepts_the_prometheus_configuration() -> None:
    assert promtool("check", "config", "prometheus.yml") == ""
    assert promtool("check", "rules", *RULES) == ""


def test_alerts_fire_when_they_should_and_only_then() -> None:
    assert promtool("test", "rules", "alerts_test.yml") == ""
