"""From the name of a model to its kind: catalogue entry, hub repository, directory or GGUF file."""

from pathlib import Path

import pytest

from model_store.catalog import HubRepository, load
from model_store.errors import UnknownModel
from model_store.names import CatalogReference, DirectoryReference, GgufReference, HubReference, resolve


def test_a_catalogue_name_wins_even_over_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "qwen3-8b").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve("qwen3-8b", load()) == CatalogReference("qwen3-8b", load().models["qwen3-8b"])
    assert resolve("./qwen3-8b", load()) == DirectoryReference(tmp_path / "qwen3-8b")


@pytest.mark.parametrize(
    ("name", "repo", "revision", "key"),
    [
        ("org/model", "org/model", "main", "org--model"),
        ("org/model@v1.0", "org/model", "v1.0", "org--model@v1.0"),
        ("o-r.g/m_0.5-B@refs/pr/1", "o-r.g/m_0.5-B", "refs/pr/1", "o-r.g--m_0.5-B@refs--pr--1"),
    ],
)
def test_hub_ids(name: str, repo: str, revision: str, key: str) -> None:
    found = resolve(name, load())
    assert found == HubReference(HubRepository(repo, revision))
    assert (found.name, found.key) == (repo, key)


def test_a_catalogued_repository_is_the_catalogue_entry_unless_a_revision_is_requested() -> None:
    assert resolve("Qwen/Qwen3-8B", load()) == CatalogReference("qwen3-8b", load().models["qwen3-8b"])
    assert isinstance(resolve("Qwen/Qwen3-8B@abc", load()), HubReference)


def test_a_gguf_file_has_a_key_that_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my model.gguf"
    path.write_bytes(b"one")
    first = resolve(str(path), load())
    assert first == GgufReference(path)
    key = first.key
    assert key.startswith("my_model-")
    path.write_bytes(b"another")
    assert first.key != key


@pytest.mark.parametrize(
    "name",
    ["", "gpt2", "org/../x", "../org", "./nothing", "/no/such/place", "~/nowhere/at/all", "a/b/c", "a/b@", "lost.gguf"],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UnknownModel):
        resolve(name, load())
