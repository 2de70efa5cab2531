"""The objects that Helm makes of the chart are valid, restricted, and fit together; wrong values are refused."""

import json

import kubernetes_validate
import pytest

from tests.deploy.helm.cases import DOCUMENTED, VALID, WRONG
from tests.deploy.helm.chart import CHART, ROOT, Charts, Rendered

KUBERNETES = ("1.27", "1.37")  # the oldest that the chart allows, and the newest whose schemas are here
CUSTOM = {"HTTPRoute", "PrometheusRule", "ScaledObject", "ServiceMonitor"}  # their schemas are not Kubernetes' own


def test_the_documents_say_what_helm_accepts(rendered_charts: Charts) -> None:
    assert len(DOCUMENTED) >= 8
    for name, arguments in DOCUMENTED.items():
        assert arguments[:2] == ["trivium", str(CHART.relative_to(ROOT))]
        assert not rendered_charts[name].error, rendered_charts[name].error
        shown = [path for option, path in zip(arguments[2::2], arguments[3::2], strict=True) if option == "--show-only"]
        assert all((CHART / path).exists() for path in shown)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_values_are_refused_with_what_is_wrong(rendered_charts: Charts, name: str) -> None:
    assert WRONG[name][1] in rendered_charts[name].error


def test_helm_lint_has_no_complaint(chart: Rendered) -> None:
    assert chart.complaints == ()


@pytest.mark.parametrize("version", KUBERNETES)
def test_objects_of_kubernetes_are_valid(rendered_charts: Charts, version: str) -> None:
    """By the strict schemas, which allow no unknown field. The same object of several values is looked at once."""
    core = {
        json.dumps(each, sort_keys=True): each
        for name in VALID
        for each in rendered_charts[name].objects
        if each["kind"] not in CUSTOM
    }
    assert len({each["kind"] for each in core.values()}) == 10
    for each in core.values():
        kubernetes_validate.validate(each, version, strict=True)


def test_an_object_with_an_unknown_field_is_found(rendered_charts: Charts) -> None:
    wrong = rendered_charts["open"].one("PodDisruptionBudget") | {"specs": {}}
    with pytest.raises(kubernetes_validate.ValidationError, match="specs"):
        kubernetes_validate.validate(wrong, KUBERNETES[-1], strict=True)


def test_names_are_unique_and_selectors_select_the_pods(chart: Rendered) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in chart.objects]
    assert len(set(names)) == len(names)
    workload = chart.one("StatefulSet")
    labels = workload["spec"]["template"]["metadata"]["labels"].items()
    selectors = [each["spec"]["selector"] for each in chart.all("Service")]
    selectors += [workload["spec"]["selector"]["matchLabels"]]
    selectors += [each["spec"]["selector"]["matchLabels"] for each in chart.all("PodDisruptionBudget")]
    selectors += [each["spec"]["podSelector"]["matchLabels"] for each in chart.all("NetworkPolicy")]
    for selector in selectors:
        assert selector.items() <= labels
    assert not selectors[0].items() <= chart.one("Pod")["metadata"]["labels"].items()  # that of helm test
    assert workload["spec"]["serviceName"] in {each["metadata"]["name"] for each in chart.all("Service")}


def test_pods_are_restricted(chart: Rendered) -> None:
    """As the Pod security standard "restricted" wants it, and nothing of the root file system can be written."""
    for pod in (chart.pod, chart.one("Pod")["spec"]):
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_every_volume_is_mounted_and_every_mount_has_a_volume(chart: Rendered) -> None:
    volumes = [each["name"] for each in chart.pod["volumes"]]
    volumes += [each["metadata"]["name"] for each in chart.one("StatefulSet")["spec"].get("volumeClaimTemplates", ())]
    assert sorted(volumes) == sorted(each["name"] for each in chart.container["volumeMounts"])
    writable = {each["mountPath"] for each in chart.container["volumeMounts"] if not each.get("readOnly")}
    assert {"/models", "/tmp"} <= writable <= {"/models", "/tmp", "/data"}
