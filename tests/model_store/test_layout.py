"""The layout of the store: directories get their names by one rename, and are deleted together."""

from pathlib import Path

import filelock
import pytest

from model_store import manifest
from model_store.layout import StoreLayout
from model_store.manifest import Manifest


def finished_directory(layout: StoreLayout, text: str) -> tuple[Path, Manifest]:
    """A directory with one file, and its manifest."""
    directory = layout.workspace("model") / "converted"
    directory.mkdir()
    (directory / "config.json").write_text(text)
    return directory, Manifest(name="model", source="test", files=manifest.measure(directory))


def test_nothing_is_created_before_it_is_needed(tmp_path: Path) -> None:
    StoreLayout(tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_a_committed_model_is_ready_and_its_workspace_is_gone(tmp_path: Path) -> None:
    layout = StoreLayout(tmp_path)
    directory, contents = finished_directory(layout, "one")
    layout.commit("model", directory, contents)
    assert manifest.read(layout.ready / "model") == contents
    assert (layout.ready / "model" / "config.json").read_text() == "one"
    assert not (layout.unfinished / "model").exists()


def test_a_commit_replaces_an_older_model(tmp_path: Path) -> None:
    layout = StoreLayout(tmp_path)
    for text in ("one", "two"):
        layout.commit("model", *finished_directory(layout, text))
    assert (layout.ready / "model" / "config.json").read_text() == "two"
    assert not (layout.unfinished / "model").exists()


def test_a_model_is_removed_with_its_artifact_and_partial_downloads(tmp_path: Path) -> None:
    layout = StoreLayout(tmp_path)
    layout.commit("model", *finished_directory(layout, "one"))
    layout.workspace("model")
    (layout.artifacts / "model").mkdir(parents=True)
    assert layout.remove("model")
    assert not any((place / "model").exists() for place in (layout.ready, layout.artifacts, layout.unfinished))
    assert not layout.remove("model")


def test_a_lock_is_held_within_its_block_only(tmp_path: Path) -> None:
    layout = StoreLayout(tmp_path)
    other = filelock.FileLock(tmp_path / "locks" / "model.lock")
    with layout.lock("model"), pytest.raises(filelock.Timeout):
        other.acquire(timeout=0)
    with other.acquire(timeout=0):
        assert other.is_locked
