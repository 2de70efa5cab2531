"""The checks of models and of directories of data."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from model_store import manifest
from model_store.layout import StoreLayout
from model_store.manifest import Manifest, StoredFile
from service.doctor import storage
from service.doctor.finding import Finding, Status
from service.settings import Settings
from tests.engine.tiny_models import served_model

GIB = 1 << 30


@pytest.fixture(autouse=True)
def _room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9 * GIB))


def stored(root: Path, *, size: int) -> None:
    """A model in the store, whose manifest says that its one file has this size."""
    directory = StoreLayout(root).ready / "tiny"
    directory.mkdir(parents=True)
    (directory / "config.json").write_text("{}", encoding="utf-8")
    manifest.write(directory, Manifest(name="tiny", source="a test", files={"config.json": StoredFile(size, "")}))


def test_the_store_is_described(tmp_path: Path) -> None:
    stored(tmp_path, size=2)
    found = storage.model_store(Settings(model_dir=tmp_path))
    assert found.status is Status.OK
    assert f"{tmp_path}, 9.0 GiB free; 1 models with 0.0 GiB" in found.facts


def test_a_file_that_was_cut_short_is_told_without_reading_it(tmp_path: Path) -> None:
    stored(tmp_path, size=3)
    found = storage.model_store(Settings(model_dir=tmp_path))
    assert (found.status, found.advice.split(";")[0]) == (Status.WARNING, "trivium models remove tiny")


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=GIB))
    assert storage.model_store(Settings(model_dir=tmp_path)).status is Status.WARNING


def test_models_that_are_on_the_disk_are_ok(tmp_path: Path) -> None:
    served_model(tmp_path / "tiny")
    found = storage.models(Settings(model=(str(tmp_path / "tiny"),)))
    assert (found.status, found.facts) == (Status.OK, "on this disk: tiny")


@pytest.mark.parametrize(("offline", "status"), [(False, Status.WARNING), (True, Status.PROBLEM)])
def test_a_missing_model_can_be_fetched_unless_the_service_is_offline(
    offline: bool, status: Status, tmp_path: Path
) -> None:
    found = storage.models(Settings(model_dir=tmp_path, offline=offline))
    assert (found.status, "trivium models pull qwen2.5-coder-0.5b-instruct" in found.advice) == (status, True)


def test_an_unknown_model_is_a_problem(tmp_path: Path) -> None:
    found = storage.models(Settings(model_dir=tmp_path, model=("no such model",)))
    assert found.status is Status.PROBLEM
    assert "no such model" in found.facts


def data(**directories: Path) -> Finding:
    return storage.data_directories(Settings.model_validate(directories))


def test_without_directories_of_data_nothing_is_wrong() -> None:
    assert data().status is Status.OK


def test_a_directory_that_can_be_made_is_ok_and_is_not_made(tmp_path: Path) -> None:
    assert data(batches_dir=tmp_path / "new" / "batches").status is Status.OK
    assert list(tmp_path.iterdir()) == []


def test_the_worst_directory_counts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = data(batches_dir=tmp_path, documents_dir=tmp_path / "file", glossaries_dir=tmp_path)
    assert found.status is Status.PROBLEM
    assert f"documents_dir: {tmp_path / 'file'}" in found.facts


def test_a_directory_that_cannot_be_written_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    found = data(batches_dir=tmp_path / "new")
    assert (found.status, str(tmp_path) in found.advice) == (Status.PROBLEM, True)
