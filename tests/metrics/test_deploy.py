"""Prometheus' configuration and alert rules fit the series."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service.metrics import Metrics
from tests.metrics.test_metrics import SERIES

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=str(Path(sys.executable).parent))


def test_alert_rules_use_series_that_exist() -> None:
    text = (DEPLOY / "alerts.yml").read_text(encoding="utf-8")
    names = set(re.findall(r"trivium_\w+", text))
    histograms = {
        name + part for name, kind, _ in SERIES if kind == "histogram" for part in ("_bucket", "_sum", "_count")
    }
    assert names
    assert names <= {name for name, _, _ in SERIES} | histograms


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
    assert promtool("check", "rules", "alerts.yml") == ""
