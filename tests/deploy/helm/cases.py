"""Values for the Helm chart: valid ones, wrong ones, and those of the commands in the documents."""

import re
import shlex

from tests.deploy.helm.chart import CHART, ROOT, Object

KEYS = '{"keys": [{"name": "alice", "digest": "%s", "scopes": ["generate"], "created": "2026-01-01T00:00:00Z"}]}' % (
    "0" * 64
)
OPEN: Object = {"allowUnauthenticated": True}
GATEWAY = {
    "enabled": True,
    "parentRefs": [{"name": "public", "namespace": "gateways"}],
    "hostnames": ["ai.example.org"],
}

VALID: dict[str, Object] = {
    "open": OPEN,
    "existing keys": {"keys": {"existingSecret": "my-keys", "key": "all.json"}, "replicas": 3},
    "new keys": {"keys": {"content": KEYS}, "metrics": {"serviceMonitor": True, "keySecret": {"name": "scraper"}}},
    "gpu": OPEN | {
        "gpu": {"count": 2},
        "runtimeClassName": "nvidia",
        "nodeSelector": {"gpu": "h200"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "priorityClassName": "high",
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
    },
    "no volume": OPEN | {"persistence": {"enabled": False}, "podDisruptionBudget": {"enabled": False}},
    "shared volume": OPEN | {"persistence": {"existingClaim": "models"}, "settings": {"offline": True}},
    "fast volume": OPEN | {
        "persistence": {"storageClass": "fast", "annotations": {"a": "b"}, "whenScaled": "Delete"},
        "podAnnotations": {"a": "b"},
        "podLabels": {"team": "one"},
        "imagePullSecrets": [{"name": "registry"}],
    },
    "data": OPEN | {"data": {"enabled": True, "storageClass": "fast"}, "settings": {"documents_dir": "/data/papers"}},
    "hpa": OPEN | {"autoscaling": {"type": "hpa", "runningPerReplica": 8}, "metrics": {"serviceMonitor": True}},
    "keda": OPEN | {
        "autoscaling": {"type": "keda", "runningPerReplica": 8, "prometheus": "http://prometheus:9090"},
        "fullnameOverride": "ai",
    },
    "rules": OPEN | {"metrics": {"rules": True, "labels": {"release": "prometheus"}}},
    "ingress": OPEN | {
        "ingress": {"enabled": True, "className": "nginx", "hosts": ["a.example", "b.example"], "tlsSecret": "tls"},
        "settings": {"trusted_proxies": ["10.0.0.0/8"]},
    },
    "gateway": OPEN | {"httpRoute": GATEWAY},
    "gateway with a prefix": OPEN | {"httpRoute": GATEWAY | {"path": "/ai"}},
    "closed network": OPEN | {
        "settings": {"offline": True},
        "networkPolicy": {"from": [{"namespaceSelector": {"matchLabels": {"team": "one"}}}]},
    },
    "more network": OPEN | {"networkPolicy": {"egress": [{"ports": [{"port": 4318}]}]}},
    "no policy": OPEN | {"networkPolicy": {"enabled": False}, "serviceAccount": {"create": False}},
    "openshift": OPEN | {"podSecurityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None}},
    "settings": OPEN | {
        "settings": {
            "max_requests": 64,
            "memory_budget": 17179869184,
            "kv_cache_memory": "2GiB",
            "queue_timeout": 2.5,
            "model": ["qwen2.5-0.5b-instruct", "small=qwen2.5-coder-0.5b-instruct"],
            "models": {"small": {"load": "demand", "idle_seconds": 600, "max_num_seqs": 4}},
            "shutdown_timeout": 90,
        },
        "env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}}],
        "service": {"type": "LoadBalancer", "port": 80, "annotations": {"a": "b"}},
        "serviceAccount": {"name": "trivium-sa", "annotations": {"a": "b"}},
        "preStopSeconds": 15,
        "startupSeconds": 61,
    },
}  # fmt: skip

# Values that are refused, and words of the refusal.
WRONG: dict[str, tuple[Object, str]] = {
    "nobody may use it": ({}, "say who may use the service"),
    "a typo": (OPEN | {"replica": 2}, "replica"),
    "a typo below": (OPEN | {"ingress": {"enable": True}}, "enable"),
    "no setting": (OPEN | {"settings": {"max_request": 3}}, "max_request"),
    "a setting of the chart": (OPEN | {"settings": {"port": 9000}}, "port"),
    "a setting as a variable": (OPEN | {"env": [{"name": "TRIVIUM_PORT", "value": "9000"}]}, "env"),
    "a wrong type": (OPEN | {"replicas": "two"}, "replicas"),
    "two kinds of keys": ({"keys": {"existingSecret": "a", "content": KEYS}}, "exclude each other"),
    "data of two replicas": (OPEN | {"data": {"enabled": True}, "replicas": 2}, "one replica"),
    "data with autoscaling": (OPEN | {"data": {"enabled": True}, "autoscaling": {"type": "hpa"}}, "one replica"),
    "keda without Prometheus": (OPEN | {"autoscaling": {"type": "keda"}}, "autoscaling.prometheus"),
    "an ingress without a host": (OPEN | {"ingress": {"enabled": True}}, "ingress.hosts"),
    "a route without a gateway": (OPEN | {"httpRoute": {"enabled": True}}, "httpRoute.parentRefs"),
    "a monitor without a key": ({"keys": {"content": KEYS}, "metrics": {"serviceMonitor": True}}, "metrics.keySecret"),
}


def _documented() -> dict[str, list[str]]:
    """The arguments of helm in the chart's README and in docs/deployment.md, from the name of the release on."""
    found: dict[str, list[str]] = {}
    for document in (CHART / "README.md", ROOT / "docs/deployment.md"):
        text = document.read_text(encoding="utf-8").replace("\\\n", "")
        lines = re.findall(r"^ {4}helm (?:install|template) (.*)$", text, re.MULTILINE)
        found |= {f"{document.name} {number}": shlex.split(line) for number, line in enumerate(lines)}
    return found


DOCUMENTED = _documented()


def values_of(arguments: list[str]) -> list[str]:
    """The options of helm that give values, each with its argument; the others are what is shown."""
    pairs = list(zip(arguments[2::2], arguments[3::2], strict=True))
    return [each for pair in pairs if pair[0] != "--show-only" for each in pair]
