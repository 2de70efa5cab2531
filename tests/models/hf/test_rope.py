"""Rotary frequencies that transformers changes with the batch are fixed at load."""

from pathlib import Path
from typing import Any

import pytest
import torch

from service.engine.execution.runner import ModelRunner
from service.errors import EngineError
from service.models.hf.causal_lm import CausalLM
from tests.engine.stepping import Stepper, prompt, reference_logits
from tests.engine.test_architectures import check_against, load_reference, make_runner
from tests.engine.tiny_models import MAX_MODEL_LEN, build_model, save_model

ORIGINAL = 40
LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "short_factor": [1.0, 1.1, 1.2, 1.3],
    "long_factor": [2.0, 3.0, 4.0, 5.0],
    "original_max_position_embeddings": ORIGINAL,
}
DYNAMIC = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    original: dict[str, Any] = {"original_max_position_embeddings": ORIGINAL}
    save_model(build_model("phi3", sliding_window=None, rope_parameters=LONGROPE, **original), tmp_path)
    return tmp_path


def rope_types(runner: ModelRunner) -> list[Any]:
    """The attributes by which transformers chooses the frequencies in each call."""
    assert isinstance(runner.model, CausalLM)
    return [module.rope_type for module in runner.model.module.modules() if hasattr(module, "rope_type")]


def test_longrope_serves_the_context_of_its_short_frequencies(path: Path) -> None:
    runner = make_runner(path)
    assert runner.max_model_len == ORIGINAL
    check_against(load_reference(path), runner)


def test_longrope_uses_its_long_frequencies_for_a_longer_context(path: Path) -> None:
    runner = make_runner(path, max_model_len=MAX_MODEL_LEN)
    reference = load_reference(path)
    stepper = Stepper(runner)
    long, short = stepper.add(prompt(ORIGINAL + 9), "long"), stepper.add(prompt(5), "short")
    stepper.step((short, 5), (long, 20))
    stepper.step((short, 1), (long, ORIGINAL + 9 - 20))
    expected = reference_logits(reference, long.request.prompt)[-1]
    assert (stepper.sampler.logits["long"][0] - expected).abs().max() < 1e-4
    # transformers would use the short frequencies for this sequence; the engine treats all sequences alike
    other = reference_logits(reference, short.request.prompt)[-1]
    assert (stepper.sampler.logits["short"][0] - other).abs().max() > 1e-3


def test_a_context_beyond_the_long_one_is_refused(path: Path) -> None:
    with pytest.raises(EngineError, match="max_model_len is 129, but the model's context is 128 tokens"):
        make_runner(path, max_model_len=MAX_MODEL_LEN + 1)


def test_dynamic_frequencies_are_fixed_to_those_of_the_trained_context(tmp_path: Path) -> None:
    save_model(build_model("llama", rope_parameters=DYNAMIC), tmp_path)
    runner = make_runner(tmp_path)
    check_against(load_reference(tmp_path), runner)
    assert rope_types(runner) == ["default"]


def test_the_frequencies_of_each_layer_type_are_fixed(tmp_path: Path) -> None:
    default = {"rope_type": "default", "rope_theta": 10000.0}
    rope = {"full_attention": LONGROPE, "sliding_attention": default}
    save_model(build_model("gemma3_text", rope_parameters=rope), tmp_path)
    runner = make_runner(tmp_path)
    assert runner.max_model_len == ORIGINAL
    check_against(load_reference(tmp_path), runner)
    assert rope_types(runner) == [{"full_attention": "default", "sliding_attention": "default"}]


def test_other_kinds_are_not_changed(tmp_path: Path) -> None:
    yarn = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}
    save_model(build_model("llama", rope_parameters=yarn), tmp_path)
    runner = make_runner(tmp_path)
    assert runner.max_model_len == MAX_MODEL_LEN
    with torch.inference_mode():
        check_against(load_reference(tmp_path), runner)
