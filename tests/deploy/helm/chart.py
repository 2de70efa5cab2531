"""The Helm chart as tests see it: its files, and the objects that Helm makes of it."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy/helm/trivium"
Object = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """What Helm makes of some values: objects and notes, or an error."""

    objects: tuple[Object, ...] = ()
    notes: str = ""
    complaints: tuple[str, ...] = ()  # warnings and errors of helm lint
    error: str = field(default="", compare=False)

    def all(self, kind: str) -> list[Object]:
        """The objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str) -> Object:
        """The only object of a kind."""
        (found,) = self.all(kind)
        return found

    @property
    def pod(self) -> Object:
        """The spec of the service's Pods."""
        spec: Object = self.one("StatefulSet")["spec"]["template"]["spec"]
        return spec

    @property
    def container(self) -> Object:
        """The service's container."""
        (found,) = self.pod["containers"]
        return dict(found)

    def variable(self, name: str) -> str | None:
        """The value of a variable of the service's container."""
        return next((each.get("value") for each in self.container["env"] if each["name"] == name), None)

    def volume(self, name: str) -> Object:
        """The source of a volume of the Pods."""
        (found,) = [each for each in self.pod["volumes"] if each["name"] == name]
        return {key: value for key, value in found.items() if key != "name"}


Charts = dict[str, Rendered]  # of the values with each name


def render(cases: Mapping[str, Object | list[str]]) -> Charts:
    """The chart with each of these values or arguments of helm, by Helm itself.

    Skips the test where Helm's library is not installed.
    """
    if importlib.util.find_spec("helm_python") is None:
        pytest.skip("Helm's library is not installed (Python package helm-python-sdk)")
    done = subprocess.run(
        [sys.executable, "-m", "tests.deploy.helm.render", str(CHART)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: _rendered(answer) for name, answer in json.loads(done.stdout).items()}


def _rendered(answer: Object) -> Rendered:
    if "error" in answer:
        return Rendered(error=answer["error"])
    texts = dict(answer["files"])
    notes = texts.pop("trivium/templates/NOTES.txt")
    objects = tuple(each for text in texts.values() for each in yaml.safe_load_all(text) if each)
    return Rendered(objects, notes, tuple(answer["lint"]))
