"""What the Helm chart lets through: the network policy, an ingress, and a route of a gateway."""

from typing import Any

from service.settings import Settings
from tests.deploy.helm.cases import VALID
from tests.deploy.helm.chart import Charts


def test_proxies_wait_as_long_as_a_request_may_take(rendered_charts: Charts) -> None:
    longest = Settings.model_fields["request_timeout"].default
    annotations = rendered_charts["ingress"].one("Ingress")["metadata"]["annotations"]
    prefix = "nginx.ingress.kubernetes.io/proxy-"
    assert float(annotations[f"{prefix}read-timeout"]) > longest
    assert annotations[f"{prefix}buffering"] == "off"
    (rule,) = rendered_charts["gateway"].one("HTTPRoute")["spec"]["rules"]
    assert float(rule["timeouts"]["request"].removesuffix("s")) > longest


def test_an_ingress_leads_to_the_service(rendered_charts: Charts) -> None:
    spec = rendered_charts["ingress"].one("Ingress")["spec"]
    assert spec["tls"] == [{"secretName": "tls", "hosts": ["a.example", "b.example"]}]
    assert [rule["host"] for rule in spec["rules"]] == ["a.example", "b.example"]
    names = {each["metadata"]["name"] for each in rendered_charts["ingress"].all("Service")}
    assert {rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in spec["rules"]} <= names


def test_a_route_of_a_gateway_removes_its_prefix(rendered_charts: Charts) -> None:
    for name, path in (("gateway", "/"), ("gateway with a prefix", "/ai")):
        route = rendered_charts[name].one("HTTPRoute")
        assert route["apiVersion"] == "gateway.networking.k8s.io/v1"
        assert route["spec"].keys() == {"parentRefs", "hostnames", "rules"}
        (rule,) = route["spec"]["rules"]
        assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": path}}]
        rewrite = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
        assert rule.get("filters", []) == ([] if path == "/" else [{"type": "URLRewrite", "urlRewrite": rewrite}])
        (backend,) = rule["backendRefs"]
        ports = {
            each["metadata"]["name"]: each["spec"]["ports"][0]["port"] for each in rendered_charts[name].all("Service")
        }
        assert ports[backend["name"]] == backend["port"]


def test_the_network_is_open_where_it_must_be(rendered_charts: Charts) -> None:
    def ports(name: str) -> list[Any]:
        rules = rendered_charts[name].one("NetworkPolicy")["spec"]["egress"]
        return [port["port"] for rule in rules for port in rule["ports"]]

    assert ports("open") == [53, 53, 443]
    assert ports("more network") == [53, 53, 443, 4318]
    assert ports("closed network") == []  # the models are on the disk
    assert rendered_charts["open"].one("NetworkPolicy")["spec"]["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = rendered_charts["closed network"].one("NetworkPolicy")["spec"]["ingress"]
    assert rule["from"] == VALID["closed network"]["networkPolicy"]["from"]
    assert not rendered_charts["no policy"].all("NetworkPolicy")
