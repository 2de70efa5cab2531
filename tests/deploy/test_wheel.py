"""The wheel has all that the service needs, and the service runs from it where there is no checkout."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import __version__
from tests.engine.tiny_models import served_model
from tests.running_server import ROOT, Server, running_server

PACKAGES = ("service", "model_store")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# What deploy/image/slim.sh removes from the image and Python could import. A start that asks for it fails.
BLOCK = """
import os
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        tests = name.endswith(".tests") and any(os.path.isdir(os.path.join(each, "tests")) for each in path or ())
        if tests or name in ("pip", "setuptools", "_distutils_hack"):
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)

sys.meta_path.insert(0, Refuse())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of a copy of the sources: setuptools leaves files beside them."""
    sources, made = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    pip(sources, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(made), ".")
    (found,) = made.iterdir()
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what the wheel installs, beside which nothing is importable but the environment's packages."""
    directory = tmp_path_factory.mktemp("installed")
    pip(directory, "install", "--no-deps", "--no-compile", "--target", str(directory), str(wheel))
    return directory


@pytest.fixture(scope="module")
def service(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service from the wheel, which may not import what is not in the image."""
    empty = tmp_path_factory.mktemp("elsewhere")
    (installed / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(installed))
        patch.delenv("PYTHONPYCACHEPREFIX", raising=False)
        with running_server(served_model(empty / "model"), cwd=empty) as server:
            yield server


def pip(directory: Path, *arguments: str) -> None:
    """Run pip without a network."""
    if importlib.util.find_spec("setuptools") is None:
        pytest.skip("setuptools is not installed")
    command = [sys.executable, "-m", "pip", *arguments, "--no-index", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_of_the_packages_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".so"
    }
    assert {"model_store/catalog.toml", "service/models/native/source/kernels.cpp"} <= files
    named = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert sorted(named) == sorted(files)


def test_its_metadata_are_those_of_the_project(wheel: Path) -> None:
    name = f"trivium-{__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{name}/METADATA").decode()
        assert (
            archive.read(f"{name}/entry_points.txt").decode() == "[console_scripts]\ntrivium = service.cli.main:main\n"
        )
        assert f"{name}/licenses/LICENSE" in archive.namelist()
    extras = [line.removeprefix("Provides-Extra: ") for line in metadata.splitlines() if "Provides-Extra" in line]
    assert sorted(extras) == sorted(PROJECT["optional-dependencies"]) == ["dev", "traces"]
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ") and "extra ==" not in line]
    assert len(required) == len(PROJECT["dependencies"])


def test_the_command_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = "import service, sys; sys.stdout.write(service.__file__)"
    environment = os.environ | {"PYTHONPATH": str(installed)}
    for command, expected in (
        ([str(installed / "bin/trivium"), "--version"], __version__ + "\n"),
        ([sys.executable, "-c", where], str(installed / "service/__init__.py")),
    ):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.stdout, done.returncode) == (expected, 0), done.stderr


def test_the_service_runs_from_the_wheel(service: Server, installed: Path) -> None:
    answer = service.http.post("/v1/generate", json={"prompt": "Hello", "max_tokens": 4, "ignore_eos": True})
    assert (answer.status_code, answer.json()["usage"]["completion_tokens"]) == (200, 4)
    for module in ("server/serve", "engine/worker"):  # the processes leave the modules that they have compiled
        package, name = module.split("/")
        assert list((installed / "service" / package / "__pycache__").glob(f"{name}.*.pyc")), module
