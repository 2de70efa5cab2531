"""The compose file: two projects can run on one machine, Prometheus is a choice, and ports are of this machine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings, env_name

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(TEXT)
    return loaded


def test_prometheus_and_grafana_are_started_only_by_their_profiles(compose: dict[str, Any]) -> None:
    assert compose["services"]["prometheus"]["profiles"] == ["metrics", "grafana"]
    assert compose["services"]["grafana"]["profiles"] == ["grafana"]
    assert "profiles" not in compose["services"]["trivium"]
    assert "depends_on" not in compose["services"]["trivium"]


def test_every_port_is_of_this_machine_only_and_can_be_chosen(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service["ports"]]
    assert len(ports) == 3
    variables = [re.fullmatch(r"127\.0\.0\.1:\$\{(\w+):-\d+\}:\d+", port) for port in ports]
    assert all(variables)
    assert len({found[1] for found in variables if found}) == 3


def test_nothing_has_a_name_that_a_second_project_would_share(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert "container_name" not in service
    assert all(volume is None for volume in compose["volumes"].values())
    assert compose["services"]["trivium"]["image"] == "${IMAGE:-trivium}"


def test_variables_of_the_file_that_look_like_settings_are_settings(compose: dict[str, Any]) -> None:
    """They are in .env, which the service gets too, and it refuses a variable TRIVIUM_* that is none."""
    named = set(re.findall(r"\$\{(TRIVIUM_\w+?)\b", TEXT)) | {
        name for name in compose["services"]["trivium"]["environment"] if name.startswith("TRIVIUM_")
    }
    assert named
    assert named <= {env_name(name) for name in Settings.model_fields}


def test_the_build_requires_kernels_unless_the_operator_says_otherwise(compose: dict[str, Any]) -> None:
    assert compose["services"]["trivium"]["build"]["args"]["KERNELS"] == "${KERNELS:-required}"
