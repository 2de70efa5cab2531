"""The layers of the image: what changes often is last and small, and what no start needs is removed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from service import __version__

ROOT = Path(__file__).parents[2]
DOCKERFILE = re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
FINAL = DOCKERFILE.split("\nFROM ")[-1].splitlines()

KEPT = (
    "torch/lib/libtorch_cpu.so",
    "torch/bin/torch_shm_manager",
    "torch/testing/__init__.py",
    "sympy/physics/units.py",
    "transformers/models/auto/modeling_auto.py",
    "jinja2/tests.py",
    "swagger_ui_bundle/vendor/swagger-ui-5.31.0/swagger-ui-bundle.js",
    "transformers/models/llama/modeling_llama.py",
    "transformers/cache_utils.py",
)
REMOVED = (
    "torch/include/ATen/ATen.h",
    "torch/test/op_registration_test",
    "torch/bin/protoc",
    "sympy/physics/tests/test_units.py",
    "setuptools/__init__.py",
    "pip-23.0.dist-info/METADATA",
    "swagger_ui_bundle/vendor/swagger-ui-5.31.0/swagger-ui-bundle.js.map",
    "transformers/__pycache__/outdated.cpython-311.pyc",
)


@pytest.fixture
def slimmed(tmp_path: Path) -> Path:
    """A tree with the names of packages, after slim.sh. The program strip notes what it is called for."""
    site, programs = tmp_path / "site-packages", tmp_path / "bin"
    for name in (*KEPT, *REMOVED):
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    programs.mkdir()
    (programs / "strip").write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/stripped\n', encoding="utf-8")
    (programs / "strip").chmod(0o755)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHON": sys.executable}
    command = [str(ROOT / "deploy/image/slim.sh"), str(site)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return site


def test_only_what_no_start_needs_is_removed(slimmed: Path) -> None:
    assert [name for name in KEPT if not (slimmed / name).exists()] == []
    assert [name for name in REMOVED if (slimmed / name).exists()] == []
    stripped = (slimmed.parent / "stripped").read_text(encoding="utf-8")
    assert stripped == "--strip-unneeded torch/lib/libtorch_cpu.so\n"


def test_bytecode_is_of_what_a_start_imports(slimmed: Path) -> None:
    compiled = {path.parents[1].relative_to(slimmed).as_posix() for path in slimmed.rglob("*.pyc")}
    assert compiled == {"jinja2", "torch/testing", "transformers", "transformers/models/auto"}


def test_the_layers_go_from_what_changes_least_to_the_code() -> None:
    layers = [line.split() for line in FINAL if line.startswith(("COPY ", "RUN ", "ADD "))]
    assert [layer[0] for layer in layers] == ["RUN", "COPY", "COPY", "COPY"]  # what follows the code changes with it
    assert [(source, target) for _, _, source, target in layers[1:]] == [
        ("/out/torch", "/"),
        ("/opt/trivium", "/opt/trivium"),
        ("/out/code", "/"),
    ]
    stages = {name: text for text, name in re.findall(r"(FROM \S+ AS (\w+).*?)(?=\nFROM |\Z)", DOCKERFILE, re.DOTALL)}
    assert "COPY service" not in stages["packages"]
    assert "COPY pyproject.toml" not in stages["packages"]  # a new version would be a new layer of packages


def test_what_the_build_copies_is_sent_to_it() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    for source in " ".join(copied).split():
        assert (ROOT / source).exists()
        assert any(source == each or source.startswith(each + "/") for each in sent), source


def test_the_labels_are_those_of_open_containers() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', "\n".join(FINAL)))
    assert labels.keys() >= {"title", "description", "licenses", "version", "revision", "created", "base.name"}
    assert f"ARG VERSION={__version__}" in FINAL
    assert labels["base.name"].endswith(FINAL[0].split()[0])


def test_the_image_lists_its_packages() -> None:
    """In CycloneDX's format, made of what is left, and in the layer of the packages."""
    slimmed, listed = DOCKERFILE.index("slim.sh /opt/trivium"), DOCKERFILE.index("cyclonedx-py environment")
    assert slimmed < listed < DOCKERFILE.index("mv /opt/trivium/$site")
    assert "-o /opt/trivium/share/sbom.cdx.json" in DOCKERFILE
