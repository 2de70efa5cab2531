"""Whisper models of CTranslate2 become checkpoints that transformers loads with the same numbers."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import GenerationConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

from model_store.convert.ctranslate2.model import convert
from model_store.errors import ModelRefused
from tests.model_store.convert.ctranslate2 import tiny_whisper

SMALL, MULTILINGUAL = 1600, 51_865
Change = Callable[[dict[str, NDArray]], object]


@pytest.fixture(scope="module")
def model() -> WhisperForConditionalGeneration:
    return tiny_whisper.make_model(SMALL)


@pytest.fixture
def source(model: WhisperForConditionalGeneration, tmp_path: Path) -> Path:
    directory = tmp_path / "source"
    directory.mkdir()
    tiny_whisper.write(directory, tiny_whisper.variables(model), SMALL)
    return directory


def convert_to(directory: Path, source: Path) -> Path:
    directory.mkdir()
    convert(source, directory)
    return directory


def load(directory: Path) -> WhisperForConditionalGeneration:
    loaded, report = WhisperForConditionalGeneration.from_pretrained(
        directory, dtype=torch.float32, output_loading_info=True
    )
    assert not any(report.values())
    return loaded


def test_transformers_loads_every_tensor_with_its_numbers(
    model: WhisperForConditionalGeneration, source: Path, tmp_path: Path
) -> None:
    loaded = load(convert_to(tmp_path / "converted", source))
    ours, theirs = loaded.state_dict(), model.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    features = torch.randn(1, 4, 100)
    prompt = torch.tensor([[1, 5, 7]])
    with torch.no_grad():
        assert torch.equal(
            loaded(features, decoder_input_ids=prompt).logits, model(features, decoder_input_ids=prompt).logits
        )


def test_bytes_are_divided_by_the_scales_of_their_rows(
    model: WhisperForConditionalGeneration, source: Path, tmp_path: Path
) -> None:
    quantized = tiny_whisper.with_bytes(tiny_whisper.variables(model))
    (source / "model.bin").write_bytes(tiny_whisper.binary(quantized))
    loaded = load(convert_to(tmp_path / "converted", source))
    weight = loaded.state_dict()["model.decoder.layers.1.encoder_attn.v_proj.weight"].numpy()
    name = "decoder/layer_1/attention/linear_1/weight"
    expected = quantized[name].astype(np.float32) / quantized[f"{name}_scale"][:, None]
    assert np.array_equal(weight, expected[16:])


def test_configurations_say_what_the_tokenizer_and_ctranslate2_know(source: Path, tmp_path: Path) -> None:
    directory = convert_to(tmp_path / "converted", source)
    config = json.loads((directory / "config.json").read_text())
    assert (config["dtype"], config["eos_token_id"], config["decoder_start_token_id"]) == ("float16", 88, 89)
    generation = GenerationConfig.from_pretrained(directory)
    assert (generation.suppress_tokens, generation.begin_suppress_tokens) == ([1, 2], [3])
    assert (generation.no_timestamps_token_id, generation.prev_sot_token_id) == (98, 96)
    assert not generation.is_multilingual
    assert not hasattr(generation, "lang_to_id")
    extractor = WhisperFeatureExtractor.from_pretrained(directory)
    assert (extractor.feature_size, extractor.chunk_length, extractor.hop_length) == (4, 1, 160)
    special = json.loads((directory / "tokenizer_config.json").read_text())["additional_special_tokens"]
    assert special == list(tiny_whisper.NAMES[1:])


def test_a_large_vocabulary_has_languages_and_tasks(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    tiny_whisper.write(source, tiny_whisper.variables(tiny_whisper.make_model(MULTILINGUAL)), MULTILINGUAL)
    generation = GenerationConfig.from_pretrained(convert_to(tmp_path / "converted", source))
    assert list(generation.lang_to_id) == list(tiny_whisper.LANGUAGES)
    assert generation.lang_to_id["<|en|>"] == generation.decoder_start_token_id + 1
    assert list(generation.task_to_id) == ["transcribe", "translate"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda found: found.pop("encoder/layer_norm/beta"), "lacks encoder/layer_norm/beta"),
        (lambda found: found.update({"encoder/colour": np.ones(3, np.float32)}), "unknown variables: encoder/colour"),
        (lambda found: found.update({"decoder/activation": np.array(0, np.int8)}), "decoder/activation = 0"),
        (lambda found: found["encoder/layer_0/self_attention/linear_0/bias"].__setitem__(16, 1), "keys"),
        (lambda found: found["encoder/conv1/bias"].__setitem__(3, np.nan), "not numbers"),
        (lambda found: found.update({"encoder/conv1/bias": np.ones(3, np.float16)}), r"\(3,\), not \(16,\)"),
        (lambda found: found.update({"encoder/conv1/bias": np.ones(16, np.int16)}), "number type"),
    ],
)
def test_a_model_that_is_not_understood_is_refused(
    model: WhisperForConditionalGeneration, source: Path, tmp_path: Path, change: Change, complaint: str
) -> None:
    found = {name: values.copy() for name, values in tiny_whisper.variables(model).items()}
    change(found)
    (source / "model.bin").write_bytes(tiny_whisper.binary(found))
    with pytest.raises(ModelRefused, match=complaint):
        convert_to(tmp_path / "converted", source)


def test_a_broken_file_is_refused(model: WhisperForConditionalGeneration, source: Path, tmp_path: Path) -> None:
    found = tiny_whisper.variables(model)
    whole = tiny_whisper.binary(found)
    broken = [b"", b"GGUF", whole[:-1], whole + b"\0", tiny_whisper.binary(found, version=5)]
    broken += [whole[:length] for length in range(1, 400, 13)]
    for number, content in enumerate(broken):
        (source / "model.bin").write_bytes(content)
        with pytest.raises(ModelRefused):
            convert_to(tmp_path / f"broken-{number}", source)
    (source / "model.bin").write_bytes(tiny_whisper.binary(found, specification="TransformerSpec"))
    with pytest.raises(ModelRefused, match="only WhisperSpec"):
        convert_to(tmp_path / "other", source)


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("tokenizer.json", "[]", "not a JSON object"),
        ("tokenizer.json", "{", "not JSON"),
        ("tokenizer.json", '{"added_tokens": []}', "lacks special tokens"),
        ("config.json", '{"suppress_ids": [1600], "suppress_ids_begin": []}', "never generates"),
    ],
)
def test_broken_companions_are_refused(source: Path, tmp_path: Path, file: str, content: str, complaint: str) -> None:
    (source / file).write_text(content)
    with pytest.raises(ModelRefused, match=complaint):
        convert_to(tmp_path / "converted", source)


def test_the_vocabulary_must_fit_the_weights(model: WhisperForConditionalGeneration, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    tiny_whisper.write(source, tiny_whisper.variables(model), SMALL + 1)
    with pytest.raises(ModelRefused, match="do not fit together"):
        convert_to(tmp_path / "converted", source)
