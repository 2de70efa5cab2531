"""Which directories hold a complete model that may be served."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from model_store import checkpoint
from model_store.errors import IncompleteModel, ModelRefused


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A directory with a complete model."""
    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "config.json").write_text('{"model_type": "llama"}')
    (directory / "tokenizer.json").write_text("{}")
    save_file({"a": np.ones((4, 4), np.float32)}, directory / "model.safetensors")
    return directory


def shard(model: Path) -> None:
    """Turn the weights into two files with an index."""
    (model / "model.safetensors").unlink()
    names = {tensor: f"model-0000{n}-of-00002.safetensors" for n, tensor in enumerate("ab", 1)}
    for tensor, name in names.items():
        save_file({tensor: np.ones(3, np.float32)}, model / name)
    (model / checkpoint.INDEX).write_text(json.dumps({"weight_map": names}))


def config(model: Path, **values: object) -> None:
    (model / "config.json").write_text(json.dumps({"model_type": "llama"} | values))


def test_complete_directories_pass(model: Path) -> None:
    checkpoint.check(model)
    shard(model)
    checkpoint.check(model)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(IncompleteModel, match=name):
        checkpoint.check(model)


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(IncompleteModel, match=r"lacks config\.json, tokenizer\.json, model\.safetensors or"):
        checkpoint.check(tmp_path)


def test_a_missing_shard_is_named(model: Path) -> None:
    shard(model)
    (model / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(IncompleteModel, match="lacks model-00002-of-00002"):
        checkpoint.check(model)


@pytest.mark.parametrize("index", ["{}", '{"weight_map": {}}', '{"weight_map": 3}', "[]", "no json"])
def test_a_broken_index_is_named(model: Path, index: str) -> None:
    shard(model)
    (model / checkpoint.INDEX).write_text(index)
    with pytest.raises(IncompleteModel, match=r"index\.json"):
        checkpoint.check(model)


def test_an_index_cannot_point_elsewhere(model: Path) -> None:
    shard(model)
    (model / checkpoint.INDEX).write_text('{"weight_map": {"a": "../../etc/passwd"}}')
    with pytest.raises(ModelRefused, match="outside"):
        checkpoint.check(model)


def test_truncated_weights_are_refused(model: Path) -> None:
    weights = model / "model.safetensors"
    content = weights.read_bytes()
    for cut in (content[:-1], content + b"x", content[:20], b"", b"\xff" * 16):
        weights.write_bytes(cut)
        with pytest.raises(IncompleteModel, match=r"model\.safetensors"):
            checkpoint.check(model)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "consolidated.00.pth", "model.pt", "last.ckpt"])
def test_pickles_are_refused(model: Path, name: str) -> None:
    (model / "model.safetensors").rename(model / name)
    with pytest.raises(ModelRefused, match="pickled weights only"):
        checkpoint.check(model)


def embedder(model: Path, *folders: str) -> None:
    """Add the modules of sentence-transformers, with one file in each folder."""
    modules = [{"idx": index, "path": folder, "type": "a.Module"} for index, folder in enumerate(["", *folders])]
    (model / checkpoint.MODULES).write_text(json.dumps(modules))
    for folder in folders:
        (model / folder).mkdir()
        (model / folder / "config.json").write_text("{}")


def test_an_encoder_with_modules_is_complete(model: Path) -> None:
    config(model, model_type="bert", architectures=["BertModel"])
    embedder(model, "1_Pooling", "2_Dense")
    save_file({"linear.weight": np.ones((2, 4), np.float32)}, model / "2_Dense" / "model.safetensors")
    checkpoint.check(model)
    assert checkpoint.module_folders(model) == ["1_Pooling", "2_Dense"]


def test_the_weights_of_a_module_are_checked_too(model: Path) -> None:
    embedder(model, "2_Dense")
    weights = model / "2_Dense" / "model.safetensors"
    save_file({"linear.weight": np.ones((2, 4), np.float32)}, weights)
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(IncompleteModel, match=r"2_Dense.*truncated"):
        checkpoint.check(model)
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(ModelRefused, match="2_Dense has pickled weights only"):
        checkpoint.check(model)


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"idx": 0}]', '[{"path": 3}]', "["])
def test_a_broken_list_of_modules_is_named(model: Path, text: str) -> None:
    (model / checkpoint.MODULES).write_text(text)
    with pytest.raises(IncompleteModel, match=r"modules\.json"):
        checkpoint.check(model)


@pytest.mark.parametrize("path", ["../other", "..", "/etc", "a/b"])
def test_a_module_cannot_be_elsewhere(model: Path, path: str) -> None:
    (model / checkpoint.MODULES).write_text(json.dumps([{"path": path}]))
    with pytest.raises(ModelRefused, match="outside"):
        checkpoint.check(model)


def test_pickles_beside_safetensors_do_not_matter(model: Path) -> None:
    shutil.copy(model / "config.json", model / "pytorch_model.bin")
    checkpoint.check(model)


def test_the_error_for_another_format_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelRefused, match="give the path of the file"):
        checkpoint.check(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelRefused, match="merge it"):
        checkpoint.check(tmp_path)


def test_encoder_decoders_of_unknown_families_are_refused(model: Path) -> None:
    config(model, is_encoder_decoder=True, model_type="led")
    with pytest.raises(ModelRefused, match="encoder-decoder"):
        checkpoint.check(model)


def test_an_encoder_decoder_may_have_sentencepiece_models_instead_of_a_tokenizer(model: Path) -> None:
    (model / "tokenizer.json").unlink()
    (model / "source.spm").write_bytes(b"")
    with pytest.raises(IncompleteModel, match=r"tokenizer\.json"):
        checkpoint.check(model)
    config(model, is_encoder_decoder=True, model_type="marian")
    checkpoint.check(model)


@pytest.mark.parametrize("model_type", ["someones-own", "", None, "../llama"])
def test_remote_code_is_refused(model: Path, model_type: str | None) -> None:
    config(model, model_type=model_type, auto_map={"AutoModelForCausalLM": "modeling.Model"})
    with pytest.raises(ModelRefused, match="never run here"):
        checkpoint.check(model)


@pytest.mark.parametrize("model_type", ["llama", "qwen3", "gpt_neox", "phi3"])
def test_an_auto_map_beside_a_native_architecture_does_not_matter(model: Path, model_type: str) -> None:
    config(model, model_type=model_type, auto_map={"AutoModelForCausalLM": "modeling.Model"})
    checkpoint.check(model)


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_broken_config_is_named(model: Path, text: str) -> None:
    (model / "config.json").write_text(text)
    with pytest.raises(IncompleteModel, match=r"config\.json"):
        checkpoint.check(model)
