"""Manifests: what they record, and which changes of a directory they reveal."""

import hashlib
from pathlib import Path

import pytest

from model_store import manifest
from model_store.manifest import Manifest, StoredFile


@pytest.fixture
def stored(tmp_path: Path) -> Manifest:
    """The manifest of a directory with two files, a folder with one and an empty folder, written into it."""
    (tmp_path / "config.json").write_bytes(b"{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_bytes(b"[]")
    (tmp_path / "2_Normalize").mkdir()
    made = Manifest(name="tiny", source="a test", files=manifest.measure(tmp_path))
    manifest.write(tmp_path, made)
    return made


def test_every_file_is_measured_except_the_manifest(stored: Manifest, tmp_path: Path) -> None:
    assert stored.files == manifest.measure(tmp_path)
    assert list(stored.files) == ["1_Pooling/config.json", "config.json", "model.safetensors"]
    assert stored.files["model.safetensors"] == StoredFile(7, hashlib.sha256(b"weights").hexdigest())
    assert stored.size == 11


def test_a_written_manifest_is_read_back(stored: Manifest, tmp_path: Path) -> None:
    assert manifest.read(tmp_path) == stored


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff"])
def test_a_missing_or_broken_manifest_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / manifest.FILE).write_bytes(content)
    assert manifest.read(tmp_path) is None
    assert manifest.read(tmp_path / "nowhere") is None


def test_an_unchanged_directory_has_no_differences(stored: Manifest, tmp_path: Path) -> None:
    assert manifest.is_complete(tmp_path, stored)
    assert manifest.differences(tmp_path, stored) == []


def test_missing_and_changed_files_are_named(stored: Manifest, tmp_path: Path) -> None:
    (tmp_path / "1_Pooling" / "config.json").unlink()
    (tmp_path / "config.json").unlink()
    (tmp_path / "model.safetensors").write_bytes(b"more weights")
    assert not manifest.is_complete(tmp_path, stored)
    assert manifest.differences(tmp_path, stored) == [
        "1_Pooling/config.json is missing",
        "config.json is missing",
        "model.safetensors has 12 bytes instead of 7",
    ]


def test_only_reading_reveals_a_change_of_the_same_size(stored: Manifest, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"WEIGHTS")
    assert manifest.is_complete(tmp_path, stored)
    [line] = manifest.differences(tmp_path, stored)
    assert line.startswith("model.safetensors has sha256 ")
