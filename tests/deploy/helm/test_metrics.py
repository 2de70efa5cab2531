"""Scaling, scraping and alerts of the Helm chart name series and rules that exist."""

import re

import pytest
import yaml

from service.api.operations import metrics
from tests.deploy.helm.chart import CHART, ROOT, Charts
from tests.metrics.queries import series_labels


@pytest.mark.parametrize("name", ["hpa", "keda"])
def test_scaling_reads_series_that_exist(rendered_charts: Charts, name: str) -> None:
    chart = rendered_charts[name]
    workload = chart.one("StatefulSet")
    assert "replicas" not in workload["spec"]  # an upgrade would undo what was scaled
    scaler = chart.one("HorizontalPodAutoscaler" if name == "hpa" else "ScaledObject")
    target = {key: scaler["spec"]["scaleTargetRef"][key] for key in ("apiVersion", "kind", "name")}
    assert target == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": workload["metadata"]["name"]}
    named = re.findall(r"trivium_\w+", yaml.safe_dump(scaler["spec"]["triggers" if name == "keda" else "metrics"]))
    assert named == ["trivium_sequences_waiting", "trivium_sequences_running"]
    assert set(named) <= series_labels().keys()


def test_keda_asks_prometheus_about_this_release(rendered_charts: Charts) -> None:
    scaler = rendered_charts["keda"].one("ScaledObject")
    assert scaler["apiVersion"] == "keda.sh/v1alpha1"
    assert scaler["spec"].keys() == {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "advanced", "triggers"}
    waiting, running = scaler["spec"]["triggers"]
    assert waiting["metadata"] == {
        "serverAddress": "http://prometheus:9090",
        "query": 'sum(trivium_sequences_waiting{namespace="prod", service="ai"})',
        "threshold": "4",
        "ignoreNullValues": "false",
    }
    assert running["metadata"]["threshold"] == "8"
    assert {trigger["type"] for trigger in (waiting, running)} == {"prometheus"}
    services = [each for each in rendered_charts["keda"].all("Service") if each["spec"].get("clusterIP") != "None"]
    assert [each["metadata"]["name"] for each in services] == ["ai"]


def test_the_monitor_scrapes_each_pod_once_under_the_name_that_the_alerts_expect(rendered_charts: Charts) -> None:
    for name in ("hpa", "new keys"):
        spec = rendered_charts[name].one("ServiceMonitor")["spec"]
        assert spec.keys() == {"selector", "namespaceSelector", "endpoints"}
        selector = spec["selector"]["matchLabels"].items()
        selected = [
            each for each in rendered_charts[name].all("Service") if selector <= each["metadata"]["labels"].items()
        ]
        (endpoint,) = spec["endpoints"]
        assert [each["spec"]["ports"][0]["name"] for each in selected] == [endpoint["port"]]
        assert endpoint["path"] in {route.path for route in metrics.router.routes}  # type: ignore[attr-defined]
        (job,) = [each["replacement"] for each in endpoint["relabelings"] if each["targetLabel"] == "job"]
        assert f'up{{job="{job}"}}' in (CHART / "rules/alerts.yml").read_text(encoding="utf-8")
        credentials = {"type": "Bearer", "credentials": {"name": "scraper", "key": "key"}}
        assert endpoint.get("authorization") == (credentials if name == "new keys" else None)


def test_the_rules_are_those_that_promtool_tests(rendered_charts: Charts) -> None:
    """Links in the chart lead to the files: there is no copy."""
    expected = []
    for name in ("recording_rules", "alerts"):
        assert (CHART / f"rules/{name}.yml").is_symlink()
        expected += yaml.safe_load((ROOT / f"deploy/{name}.yml").read_text(encoding="utf-8"))["groups"]
    rule = rendered_charts["rules"].one("PrometheusRule")
    assert (rule["apiVersion"], rule["spec"]) == ("monitoring.coreos.com/v1", {"groups": expected})
    assert rule["metadata"]["labels"]["release"] == "prometheus"
