"""A variable TRIVIUM_* is a setting or known otherwise. A misspelt one is refused; links of Kubernetes are ignored."""

import ast
import re
from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Settings, environment
from service.settings.environment import FURTHER_VARIABLES, env_name, read_environment

ROOT = Path(__file__).parents[2]
KNOWN = ("config", "port", "max_n")

# What kubelet sets for a Service called trivium with a port 8000 called http, and for one called trivium-metrics.
LINKS = {
    "TRIVIUM_SERVICE_HOST": "10.0.0.1",
    "TRIVIUM_SERVICE_PORT": "8000",
    "TRIVIUM_SERVICE_PORT_HTTP": "8000",
    "TRIVIUM_PORT": "tcp://10.0.0.1:8000",
    "TRIVIUM_PORT_8000_TCP": "tcp://10.0.0.1:8000",
    "TRIVIUM_PORT_8000_TCP_PROTO": "tcp",
    "TRIVIUM_PORT_8000_TCP_PORT": "8000",
    "TRIVIUM_PORT_8000_TCP_ADDR": "10.0.0.1",
    "TRIVIUM_METRICS_SERVICE_HOST": "fd00::1",
    "TRIVIUM_METRICS_SERVICE_PORT": "9090",
    "TRIVIUM_METRICS_PORT": "udp://[fd00::1]:9090",
    "TRIVIUM_METRICS_PORT_9090_UDP": "udp://[fd00::1]:9090",
    "TRIVIUM_METRICS_PORT_9090_UDP_PROTO": "udp",
}


def test_a_variable_is_the_value_of_its_setting() -> None:
    environ = {"TRIVIUM_PORT": "1", "TRIVIUM_MAX_N": "2", "PORT": "3", "OTHER": "x"}
    assert read_environment(KNOWN, environ) == {"port": "1", "max_n": "2"}


def test_an_empty_variable_is_no_value() -> None:
    assert read_environment(KNOWN, {"TRIVIUM_PORT": ""}) == {}


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("TRIVIUM_PORTT", "did you mean TRIVIUM_PORT?"),
        ("TRIVIUM_MAXN", "did you mean TRIVIUM_MAX_N?"),
        ("TRIVIUM_KERNEL", "did you mean TRIVIUM_KERNELS?"),
        ("TRIVIUM_ZZZZZZZZ", "unset it"),
        ("trivium_port", "did you mean TRIVIUM_PORT?"),  # people expect that case does not matter
        ("Trivium_Port", "did you mean TRIVIUM_PORT?"),
    ],
)
def test_an_unknown_variable_is_refused_by_name_and_without_its_value(variable: str, hint: str) -> None:
    for text in ("secret", ""):
        with pytest.raises(SettingsError) as caught:
            read_environment(KNOWN, {variable: text})
        assert str(caught.value) == f"{variable}: unknown setting in the environment; {hint}"


def test_links_of_kubernetes_are_no_settings() -> None:
    assert read_environment(KNOWN, LINKS) == {}


@pytest.mark.parametrize("variable", ["TRIVIUM_PORT_MAP", "TRIVIUM_PORT_X_TCP", "TRIVIUM_MAX_N_PORT"])
def test_what_only_looks_like_a_link_is_refused(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: unknown setting"):
        read_environment(KNOWN, {variable: "8000"})


def test_no_setting_has_a_name_that_links_have() -> None:
    settings = {env_name(name): "value" for name in Settings.model_fields}
    assert read_environment(Settings.model_fields, settings).keys() == Settings.model_fields.keys()


def test_every_variable_that_the_code_names_is_known() -> None:
    known = {env_name(name) for name in Settings.model_fields} | FURTHER_VARIABLES.keys()
    named = {
        node.value
        for package in ("service", "model_store")
        for path in (ROOT / package).rglob("*.py")
        if path != Path(environment.__file__)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"TRIVIUM_\w+", node.value)
    }
    assert named - known == set()
    assert FURTHER_VARIABLES.keys() - named == set()
    assert FURTHER_VARIABLES.keys().isdisjoint(env_name(name) for name in Settings.model_fields)
