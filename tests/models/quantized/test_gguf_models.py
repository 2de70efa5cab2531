"""GGUF models in every format are served as transformers computes their dequantized weights, from the file on."""

from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize
from transformers import AutoConfig, AutoModelForCausalLM

from model_store.convert.block_types import KEPT
from model_store.convert.model import convert
from service.engine.execution.runner import ModelRunner
from service.models.contracts.stored_matrix import BlockFormat
from service.models.hf.checkpoint import load_language_model
from service.models.native.kernels import block_size
from service.models.plain.checkpoint import PlainCheckpoint
from service.models.plain.read_config import read_config
from tests.engine.stepping import Stepper, prompt
from tests.engine.test_architectures import check_against, make_runner
from tests.model_store import tiny

ARCHITECTURES = ("llama", "qwen2", "qwen3")
Q6_K, Q8_0 = Type.Q6_K, Type.Q8_0
FORMATS = [(kind, ARCHITECTURES[number % 3]) for number, kind in enumerate(KEPT)]
FORMATS += [(Q6_K, "gemma3")]  # which transformers loads
LAYERS = {"gemma3": 6}  # one of six sees the whole context


EIGHT_BITS = (Type.Q8_0, Type.IQ4_NL)  # as the kernels store them
BYTE_ERROR = 0.06  # of logits, relative: 0.5 % for each product, in two layers and a head
EIGHT_BIT_ERROR = 0.09  # the same, if activations have the scales of short_sum_rows.h: 0.9 % for each product


def logit_error(reference: Any, runner: ModelRunner) -> float:
    """The error of the logits behind a prompt and behind the tokens that the runner chose, in unequal chunks."""
    stepper = Stepper(runner)
    sequence = stepper.add(prompt(29, 29, runner.model.vocab_size), "sequence")
    stepper.step((sequence, 10))
    stepper.step((sequence, sequence.num_prompt - 10))
    for _ in range(4):
        stepper.decode(sequence)
    logits = torch.stack(stepper.sampler.logits["sequence"])
    with torch.inference_mode():
        expected = reference(torch.tensor([sequence.tokens[:-1]])).logits[0, sequence.num_prompt - 1 :]
    return float((logits - expected).norm() / expected.norm())


def write_model(path: Path, model: tiny.Tiny, kind: Type) -> Any:
    """Convert the model from a GGUF file with matrices of ``kind`` into ``path``; return transformers' own module."""
    packed = {name: tiny.pack(value, kind) for name, value in model.tensors.items() if value.ndim == 2}
    types = {tiny.gguf_name(name, model.architecture): kind for name in packed}
    tiny.write_gguf(model, path / "tiny.gguf", types=types)
    convert(path / "tiny.gguf", path)
    config = AutoConfig.from_pretrained(path)
    del config.quantization_config
    module = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    weights = model.tensors | {name: dequantize(blocks, kind) for name, blocks in packed.items()}
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    missing, unexpected = module.load_state_dict(state, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"] if model.tied else [], [])
    module.tie_weights()
    return module


@pytest.mark.parametrize(("kind", "architecture"), FORMATS, ids=[f"{kind.name}, {name}" for kind, name in FORMATS])
def test_the_kernels_compute_what_the_dequantized_weights_compute(
    kind: Type, architecture: str, tmp_path: Path
) -> None:
    tied = kind is not Q6_K or architecture == "gemma3"
    model = tiny.make(architecture, shape=tiny.WIDE, tied=tied, layers=LAYERS.get(architecture, 2))
    reference = write_model(tmp_path, model, kind)
    runner = make_runner(tmp_path, dtype="float32", block_size=block_size())
    assert runner.info.backend == "native"
    assert logit_error(reference, runner) < (EIGHT_BIT_ERROR if kind in EIGHT_BITS else BYTE_ERROR)


@pytest.mark.parametrize("architecture", ["llama", "gemma3"])
def test_torch_computes_what_the_dequantized_weights_compute(architecture: str, tmp_path: Path) -> None:
    model = tiny.make(architecture, shape=tiny.WIDE, layers=LAYERS.get(architecture, 2))
    reference = write_model(tmp_path, model, Q6_K)
    runner = make_runner(tmp_path, dtype="float32", native_kernels=False)
    assert (runner.info.backend, runner.info.notes) == ("torch", ())
    check_against(reference, runner)


def test_torch_says_that_it_rounds_dequantized_weights(tmp_path: Path) -> None:
    write_model(tmp_path, tiny.make("llama", shape=tiny.WIDE), Q8_0)
    runner = make_runner(tmp_path, dtype="bfloat16", native_kernels=False)
    assert "the checkpoint's quantized weights are dequantized and rounded to bfloat16" in runner.info.notes


def test_matrices_reach_the_packer_as_they_are_stored_and_vectors_in_float32(tmp_path: Path) -> None:
    model = tiny.make("qwen2", shape=tiny.WIDE)
    write_model(tmp_path, model, Q8_0)
    checkpoint = PlainCheckpoint(tmp_path, read_config(tmp_path / "config.json"), torch.bfloat16)
    head: Any = checkpoint.load_tensor("lm_head.weight")
    assert head.format is BlockFormat.Q8_0
    embeddings = torch.from_numpy(tiny.pack(model.tensors["model.embed_tokens.weight"], Q8_0))
    assert torch.equal(head.blocks, embeddings)
    bias: Any = checkpoint.load_tensor("model.layers.1.self_attn.q_proj.bias")
    assert torch.equal(bias, torch.from_numpy(model.tensors["model.layers.1.self_attn.q_proj.bias"]))


def test_the_module_for_comparisons_has_the_dequantized_weights(tmp_path: Path) -> None:
    reference = write_model(tmp_path, tiny.make("qwen3", shape=tiny.WIDE), Type.Q4_K).state_dict()
    found = load_language_model(str(tmp_path), torch.float32).state_dict()
    assert found.keys() == reference.keys()
    assert all(torch.equal(found[name], reference[name]) for name in reference)
