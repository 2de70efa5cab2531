"""The draft model: what it must have in common with the served model, its place in memory, and its guesses."""

import json
from pathlib import Path

import pytest
import torch

from service.engine.attention.kv_cache import bytes_per_block
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.errors import EngineError, UnsupportedModel
from tests.engine.configs import engine_config
from tests.engine.tiny_models import VOCAB_SIZE, tiny_model


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model("llama", tmp_path_factory.mktemp("target"))


def make(target: Path, draft: Path, **config: object) -> ModelRunner:
    options = {"device": "cpu", "block_size": 4, "num_blocks": 40, "speculation": "draft"} | config
    return ModelRunner(engine_config(target, draft_model_path=str(draft), **options))


def rename_a_token(path: Path) -> Path:
    content = json.loads((path / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = content["model"]["vocab"]
    text = next(text for text, number in vocabulary.items() if number == 300)
    vocabulary["changed"] = vocabulary.pop(text)
    content["model"]["merges"] = []
    (path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    return path


def test_another_vocabulary_is_refused_and_the_first_difference_named(target: Path, tmp_path: Path) -> None:
    other = rename_a_token(tiny_model("llama", tmp_path / "other"))
    with pytest.raises(EngineError, match=r"token 300 is '.*', and 'changed' in the draft model"):
        make(target, other)
    (other / "tokenizer.json").write_text('{"model": {"vocab": {"a": 0}}}', encoding="utf-8")
    with pytest.raises(EngineError, match=f"it has {VOCAB_SIZE} tokens, and the draft model 1"):
        make(target, other)
    (other / "tokenizer.json").write_text("[]", encoding="utf-8")
    with pytest.raises(EngineError, match="cannot be compared"):
        make(target, other)
    (other / "tokenizer.json").unlink()
    with pytest.raises(EngineError, match=r"the draft model has no tokenizer\.json"):
        make(target, other)
    with pytest.raises(EngineError, match="there is no draft_model"):
        ModelRunner(engine_config(target, device="cpu", speculation="draft"))


def test_the_same_tokens_in_another_file_are_accepted(target: Path, tmp_path: Path) -> None:
    other = tiny_model("gpt2", tmp_path)
    content = json.loads((other / "tokenizer.json").read_text(encoding="utf-8"))
    (other / "tokenizer.json").write_text(json.dumps(content, indent=7), encoding="utf-8")
    assert make(target, other).draft_runner is not None


def test_both_models_are_in_the_memory(target: Path, tmp_path: Path) -> None:
    small = tiny_model("llama", tmp_path, num_hidden_layers=1)
    alone = make(target, small, speculation="off")
    assert alone.draft_runner is None
    one, both = (
        make(target, small, speculation=kind, num_blocks=0, kv_cache_memory=1 << 20) for kind in ("off", "draft")
    )
    # The target has two layers and the draft model one, so that a block takes half as much again.
    assert both.cache.num_blocks == pytest.approx(one.cache.num_blocks / 1.5, abs=1)
    assert [cache.num_blocks for cache in both.caches] == [both.cache.num_blocks] * 2
    per_block = bytes_per_block([layer.spec for cache in both.caches for layer in cache.layers], 4, torch.float32)
    assert both.info.kv_cache_bytes == per_block * (both.cache.num_blocks + 1)
    assert both.info.weights_bytes > one.info.weights_bytes


def test_a_quantization_that_the_draft_model_cannot_have_is_refused(target: Path, tmp_path: Path) -> None:
    small = tiny_model("llama", tmp_path)
    with pytest.raises(UnsupportedModel, match="int8"):
        make(target, small, draft_quantization="int8")
    assert make(target, small, draft_quantization="auto").draft_runner is not None


@pytest.mark.parametrize("vocab_size", [VOCAB_SIZE - 8, VOCAB_SIZE + 8])
def test_tables_of_tokens_may_be_padded_differently(target: Path, tmp_path: Path, vocab_size: int) -> None:
    small = tiny_model("llama", tmp_path, vocab_size=vocab_size)
    runner = make(target, small).draft_runner
    assert runner is not None
    assert runner.vocab_size == vocab_size
    params = SamplingParams(max_tokens=9, temperature=0, logit_bias={VOCAB_SIZE - 1: 1e4})
    sequence = Sequence(Request(id="a", prompt=(5, 6, 7), params=params), block_table=[0])
    (guess,) = runner.draft(Step([Chunk(sequence, 0, 3)]))
    assert guess is not None
    assert 0 <= guess.token < VOCAB_SIZE
    assert 0 <= guess.confidence <= 1
    assert (guess.token == VOCAB_SIZE - 1) == (vocab_size > VOCAB_SIZE)  # what it does not know it does not guess


def test_a_chunk_that_does_not_reach_the_end_has_no_guess(target: Path, tmp_path: Path) -> None:
    runner = make(target, tiny_model("llama", tmp_path)).draft_runner
    assert runner is not None
    sequences = [Sequence(Request(id=f"{n}", prompt=(5,) * n, params=SamplingParams(max_tokens=9))) for n in (3, 4)]
    for number, sequence in enumerate(sequences):
        sequence.block_table.append(number)
    first, second = runner.draft(Step([Chunk(sequences[0], 0, 2), Chunk(sequences[1], 0, 4)]))
    assert first is None
    assert second is not None
