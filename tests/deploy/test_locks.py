"""The files of pinned packages: complete, with hashes where they can be, and fit for pip's strict mode."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(name: str) -> dict[str, tuple[str, list[str]]]:
    """The version and the hashes of each package in a file."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    found: dict[str, tuple[str, list[str]]] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        pinned, *hashes = line.split()
        package, version = pinned.split("==")
        found[canonicalize_name(package)] = (version, hashes)
    return found


RUNTIME, TORCH, DEV = map(pins, ("requirements.lock", "requirements-torch.lock", "requirements-dev.lock"))


def test_every_package_but_torch_has_hashes() -> None:
    """One package without a hash, and pip would install none; torch's builds come from several indexes."""
    assert TORCH.keys() == {"torch"}
    assert "torch" not in RUNTIME
    for name, (_, hashes) in RUNTIME.items():
        assert hashes, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), name


def test_no_package_is_pinned_twice() -> None:
    assert not RUNTIME.keys() & DEV.keys()
    assert "torch" not in DEV


def test_every_dependency_is_pinned_to_a_version_that_it_allows() -> None:
    optional = [each for extra in PROJECT["optional-dependencies"].values() for each in extra]
    for text in (*PROJECT["dependencies"], *optional):
        wanted, known = Requirement(text), RUNTIME | TORCH
        if canonicalize_name(wanted.name) == "trivium":
            continue
        if text in optional:
            known |= DEV
        version, _ = known[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), text
