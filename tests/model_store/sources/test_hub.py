"""Models and files from the hub, which the local server imitates."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from tokenizers import Tokenizer

from model_store.catalog import Artifact, HubFile
from model_store.errors import ChecksumMismatch, ModelRefused, NoSource, Offline, SourceError
from model_store.sources.hub import fetch_file
from model_store.store import Store
from model_store.transfer.network import Network
from tests.model_store import fake_hub, tiny
from tests.model_store.file_server import FileServer

BODY = b"GGUF" * 1000
ARTIFACT = Artifact("model.gguf", len(BODY), hashlib.sha256(BODY).hexdigest())
SOURCE = HubFile("org/gguf", "model.gguf")
WEIGHTS = save({"a": np.ones((4, 4), np.float32)})
SMALL = {"config.json": b'{"model_type": "llama"}', "tokenizer.json": b"{}", "generation_config.json": b"{}"}
MODEL = {**SMALL, "model.safetensors": WEIGHTS}

MakeStore = Callable[..., Store]


def test_a_single_file_is_fetched(server: FileServer, network: Network, tmp_path: Path) -> None:
    fake_hub.publish(server, "org/gguf", {"model.gguf": BODY})
    fetch_file(SOURCE, ARTIFACT, tmp_path / "model.gguf", network)
    assert (tmp_path / "model.gguf").read_bytes() == BODY


@pytest.mark.parametrize(
    ("content", "declared", "complaint"),
    [
        (BODY + b"more", {}, "declares 4004 bytes instead of 4000"),
        (BODY, {"model.gguf": "a" * 64}, "declares sha256 aaaa"),
    ],
)
def test_a_file_that_the_hub_declares_otherwise_is_never_downloaded(
    server: FileServer, network: Network, tmp_path: Path, content: bytes, declared: dict, complaint: str
) -> None:
    fake_hub.publish(server, "org/gguf", {"model.gguf": content}, declared=declared)
    with pytest.raises(ChecksumMismatch, match=complaint):
        fetch_file(SOURCE, ARTIFACT, tmp_path / "model.gguf", network)
    assert {method for method, _, _ in server.requests} == {"HEAD"}


def test_a_file_with_other_bytes_than_declared_is_refused(server: FileServer, network: Network, tmp_path: Path) -> None:
    fake_hub.publish(server, "org/gguf", {"model.gguf": BODY[::-1]}, declared={"model.gguf": ARTIFACT.sha256})
    with pytest.raises(ChecksumMismatch, match="has sha256"):
        fetch_file(SOURCE, ARTIFACT, tmp_path / "model.gguf", network)


def test_a_missing_file_and_an_unreachable_hub_are_source_errors(
    server: FileServer, network: Network, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="the hub answers 404"):
        fetch_file(SOURCE, ARTIFACT, tmp_path / "model.gguf", network)
    with pytest.raises(SourceError, match=r"cannot reach hub\.invalid"):
        fetch_file(SOURCE, ARTIFACT, tmp_path / "model.gguf", Network(hub="http://hub.invalid"))
    with pytest.raises(Offline):
        fetch_file(SOURCE, ARTIFACT, tmp_path / "model.gguf", Network(hub=server.url, hub_offline=True))


def test_a_repository_becomes_a_local_model(server: FileServer, make_store: MakeStore) -> None:
    others = {"README.md": b"#", "pytorch_model.bin": b"pickle", "onnx/model.onnx": b"x", "sub/config.json": b"{}"}
    consolidated = {"consolidated.safetensors": WEIGHTS, "chat_template.jinja": b"{{ messages }}"}
    fake_hub.publish(server, "org/model", MODEL | others | consolidated)
    model = make_store().ensure("org/model")
    assert (model.name, model.revision, model.licence) == ("org/model", fake_hub.COMMIT, "mit")
    assert {path.name for path in model.path.iterdir()} == MODEL.keys() | {"chat_template.jinja", "trivium.json"}
    assert (model.path / "model.safetensors").read_bytes() == WEIGHTS
    server.resources.clear()
    assert make_store().ensure("org/model") == model


def test_each_revision_is_a_separate_model(server: FileServer, make_store: MakeStore) -> None:
    fake_hub.publish(server, "org/model", MODEL)
    fake_hub.publish(server, "org/model", {**MODEL, "extra.json": b"{}"}, revision="v2")
    store = make_store()
    first, second = store.ensure("org/model"), store.ensure("org/model@v2")
    assert first.path != second.path
    assert (second.path / "extra.json").exists()
    assert not (first.path / "extra.json").exists()


def test_sharded_weights_come_as_the_index_names_them(server: FileServer, make_store: MakeStore) -> None:
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = {"model.safetensors.index.json": json.dumps({"weight_map": names}).encode()}
    shards = {name: save({tensor: np.ones(3, np.float32)}) for tensor, name in names.items()}
    fake_hub.publish(server, "org/model", SMALL | index | shards | {"model-extra.safetensors": WEIGHTS})
    model = make_store().ensure("org/model")
    assert {path.name for path in model.path.glob("*.safetensors")} == set(names.values())


def test_a_shard_that_the_hub_lacks_is_named(server: FileServer, make_store: MakeStore) -> None:
    index = {"model.safetensors.index.json": b'{"weight_map": {"a": "model-00001-of-00001.safetensors"}}'}
    fake_hub.publish(server, "org/model", SMALL | index)
    with pytest.raises(NoSource, match="lacks the file model-00001"):
        make_store().ensure("org/model")


def test_complete_files_of_a_failed_download_are_kept(server: FileServer, make_store: MakeStore) -> None:
    fake_hub.publish(server, "org/model", MODEL)
    path = f"/org/model/resolve/{fake_hub.COMMIT}/model.safetensors"
    kept = server.resources.pop(path)
    with pytest.raises(NoSource, match="404"):
        make_store().ensure("org/model")
    assert make_store().find("org/model") is None
    server.resources[path] = kept
    make_store().ensure("org/model")
    assert len(server.ranges(f"/org/model/resolve/{fake_hub.COMMIT}/config.json")) == 1


MODULES = json.dumps([{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Dense"}, {"path": "3_Normalize"}]).encode()


def test_the_folders_of_sentence_transformers_modules_are_fetched(server: FileServer, make_store: MakeStore) -> None:
    dense = save({"linear.weight": np.ones((2, 3), np.float32)})
    modules = {"modules.json": MODULES, "1_Pooling/config.json": b"{}", "2_Dense/config.json": b"{}"}
    others = {"2_Dense/pytorch_model.bin": b"pickle", "1_Pooling/README.md": b"#", "onnx/config.json": b"{}"}
    fake_hub.publish(server, "org/model", MODEL | modules | others | {"2_Dense/model.safetensors": dense})
    store = make_store()
    model = store.ensure("org/model")
    assert store.verify("org/model").files.keys() == MODEL.keys() | modules.keys() | {"2_Dense/model.safetensors"}
    assert (model.path / "2_Dense" / "model.safetensors").read_bytes() == dense
    (model.path / "1_Pooling" / "config.json").unlink()
    assert store.find("org/model") is None


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({**MODEL, "modules.json": MODULES, "2_Dense/pytorch_model.bin": b"x"}, "2_Dense in org/model has pickled"),
        ({**SMALL, "pytorch_model.bin": b"x"}, "pickled weights only"),
        ({**SMALL, "model.gguf": b"x"}, "give its path"),
        (SMALL, "no model.safetensors"),
        ({**MODEL, "config.json": b'{"is_encoder_decoder": true, "model_type": "led"}'}, "encoder-decoder"),
        ({**MODEL, "config.json": b'{"model_type": "own", "auto_map": {"AutoModel": "x.Y"}}'}, "never run here"),
    ],
)
def test_an_unsupported_repository_is_refused_before_its_weights_are_fetched(
    server: FileServer, make_store: MakeStore, files: dict[str, bytes], complaint: str
) -> None:
    fake_hub.publish(server, "org/model", files)
    with pytest.raises(ModelRefused, match=complaint):
        make_store().ensure("org/model")
    assert not any("safetensors" in path or ".bin" in path for _, path, _ in server.requests)


@pytest.mark.parametrize(
    ("code", "status", "complaint"),
    [
        ("GatedRepo", 403, "HF_TOKEN"),
        ("RepoNotFound", 404, "does not exist"),
        ("RevisionNotFound", 404, "no such revision"),
    ],
)
def test_refusals_of_the_hub_are_explained(
    server: FileServer, make_store: MakeStore, code: str, status: int, complaint: str
) -> None:
    fake_hub.refuse(server, "org/model", code, status)
    with pytest.raises(NoSource, match=complaint):
        make_store().ensure("org/model")


def test_a_repository_with_an_old_tokenizer_gets_a_new_one(server: FileServer, make_store: MakeStore) -> None:
    vocabulary = {token: index for index, token in enumerate(tiny.TOKENS)}
    old = {
        "config.json": b'{"model_type": "gpt2"}',
        "vocab.json": json.dumps(vocabulary).encode(),
        "merges.txt": "\n".join(["#version: 0.2", *tiny.MERGES]).encode(),
        "tokenizer_config.json": b'{"tokenizer_class": "GPT2Tokenizer", "unk_token": "<|endoftext|>"}',
        "model.safetensors": WEIGHTS,
    }
    fake_hub.publish(server, "org/old", old)
    model = make_store().ensure("org/old")
    tokens = Tokenizer.from_file(str(model.path / "tokenizer.json")).encode("hello world").tokens
    assert tokens == ["hello", "Ġworld"]
    assert "tokenizer.json" in make_store().verify("org/old").files


def test_a_repository_without_any_tokenizer_is_refused(server: FileServer, make_store: MakeStore) -> None:
    fake_hub.publish(server, "org/none", {"config.json": SMALL["config.json"], "model.safetensors": WEIGHTS})
    with pytest.raises(ModelRefused, match=r"tokenizer\.json"):
        make_store().ensure("org/none")
