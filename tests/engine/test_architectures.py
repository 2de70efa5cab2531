"""Every family in the table gives the logits of transformers. A model that would be computed wrongly is refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

from service.engine.execution.runner import ModelRunner
from service.errors import UnsupportedModel
from service.models.families import FAMILIES
from service.models.native import kernels
from tests.engine.configs import engine_config
from tests.engine.stepping import Stepper, prompt, reference_generate
from tests.engine.tiny_models import build_model, native_model, save_model

TOLERANCE = 1e-4
NATIVE = [arch for arch, family in FAMILIES.items() if family.layout is not None]
TORCH = [arch for arch, family in FAMILIES.items() if family.torch]
COMPUTED_BY_TORCH = [pytest.param(arch, marks=pytest.mark.slow if arch in NATIVE else ()) for arch in TORCH]


PARTIAL = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}
LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "original_max_position_embeddings": 64,
    "long_factor": [4.0] * 16,
    "short_factor": [1.5] * 16,
}


def make_runner(path: Path, **config: Any) -> ModelRunner:
    return ModelRunner(engine_config(path, **({"device": "cpu", "block_size": 4} | config)))


def load_reference(path: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(path, attn_implementation="eager", dtype=torch.float32).eval()


def check_against(
    reference: Any,
    runner: ModelRunner,
    lengths: tuple[int, int, int] = (7, 3, 29),
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """Three sequences: packed prefill, chunked prefill beside decodes, then decodes together."""
    stepper, size = Stepper(runner), runner.model.vocab_size
    short, tiny, long = (stepper.add(prompt(length, length, min(512, size)), f"{length}") for length in lengths)
    stepper.step((short, short.num_prompt), (tiny, tiny.num_prompt), (long, 10))
    stepper.step((short, 1), (long, 10), (tiny, 1))
    stepper.step((long, long.num_prompt - 20), (tiny, 1), (short, 1))
    for _ in range(4):
        stepper.decode(tiny, long, short)
    for sequence in (short, tiny, long):
        tokens, logits = reference_generate(reference, sequence.request.prompt, sequence.num_generated)
        assert sequence.tokens[sequence.num_prompt :] == tokens
        assert (torch.stack(stepper.sampler.logits[sequence.id]) - logits).abs().max() < tolerance


@pytest.mark.parametrize("arch", COMPUTED_BY_TORCH)
def test_torch_matches_transformers(arch: str, tmp_path: Path) -> None:
    save_model(build_model(arch), tmp_path)
    check_against(load_reference(tmp_path), make_runner(tmp_path))


@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
@pytest.mark.parametrize("arch", NATIVE)
def test_the_kernels_match_transformers(arch: str, tmp_path: Path) -> None:
    save_model(native_model(arch), tmp_path)
    runner = make_runner(tmp_path, block_size=0, num_blocks=64)
    assert runner.info.backend == "native"
    check_against(load_reference(tmp_path), runner)


VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a part of each head turns": ("phi3", {"rope_parameters": PARTIAL}),
    "frequencies for short sequences": ("phi3", {"rope_parameters": LONGROPE, "original_max_position_embeddings": 64}),
    "limits on queries, keys and values": ("olmo", {"clip_qkv": 0.5}),
    "one part after the other": ("gpt_neox", {"use_parallel_residual": False}),
    "parallel parts": ("stablelm", {"use_parallel_residual": True}),
    "norms of heads": ("cohere", {"use_qk_norm": True}),
    "a norm for each part": ("falcon", {"new_decoder_architecture": True, "num_kv_heads": 1}),
    "keys of their own": ("falcon", {"multi_query": False, "parallel_attn": False, "bias": True}),
    "all heads apart": ("gpt_bigcode", {"multi_query": False}),
    "scales by layer": ("gpt2", {"scale_attn_by_inverse_layer_idx": True}),
    "dense layers too": ("qwen2_moe", {"decoder_sparse_step": 2}),
    "weights of experts sum up to 1": ("qwen3_moe", {"norm_topk_prob": True}),
}


@pytest.mark.slow
@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_kernels_match_other_shapes_of_a_family(variant: str, tmp_path: Path) -> None:
    arch, overrides = VARIANTS[variant]
    save_model(native_model(arch, **overrides), tmp_path)
    runner = make_runner(tmp_path, block_size=0, num_blocks=64)
    assert runner.info.backend == "native"
    check_against(load_reference(tmp_path), runner, (7, 3, 25))


LENGTHS = [(29, "probe"), (40, "long"), (3, "short")]


@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
@pytest.mark.parametrize("arch", ["gemma2", "gpt_neox", "olmo2", "qwen2_moe"])
def test_a_row_has_the_same_bits_alone_and_among_others(arch: str, tmp_path: Path) -> None:
    """Alone in chunks of other sizes than among others, on one thread and on two."""
    save_model(native_model(arch), tmp_path)
    alone, crowded = (
        Stepper(make_runner(tmp_path, block_size=0, num_blocks=64, threads=threads)) for threads in (1, 2)
    )
    probe = alone.add(prompt(29, 29), "probe")
    for chunk in (11, 18, 1, 1):
        alone.step((probe, chunk))
    probe, *others = (crowded.add(prompt(length, length), name) for length, name in LENGTHS)
    crowded.step((others[0], 40), (probe, 29), (others[1], 3))
    crowded.decode(others[1], probe, others[0])
    crowded.decode(probe, *others)
    found, expected = (torch.stack(stepper.sampler.logits["probe"]) for stepper in (crowded, alone))
    assert torch.equal(found, expected)


def test_layers_that_share_keys_and_values_match_too(tmp_path: Path) -> None:
    kinds = ["sliding_attention", "full_attention"] * 2
    save_model(build_model("gemma4_text", num_hidden_layers=4, layer_types=kinds, num_kv_shared_layers=2), tmp_path)
    check_against(load_reference(tmp_path), make_runner(tmp_path))


def test_experts_beside_a_dense_part_match_too(tmp_path: Path) -> None:
    experts: dict[str, Any] = {
        "enable_moe_block": True,
        "num_experts": 4,
        "top_k_experts": 2,
        "moe_intermediate_size": 16,
    }
    save_model(build_model("gemma4_text", **experts), tmp_path)
    check_against(load_reference(tmp_path), make_runner(tmp_path))


@pytest.mark.parametrize("block_size", [1, 16, 64])
def test_matches_for_any_block_size(block_size: int, tmp_path: Path) -> None:
    save_model(build_model("gemma2"), tmp_path)
    check_against(load_reference(tmp_path), make_runner(tmp_path, block_size=block_size))


def test_each_layer_has_its_own_spec(tmp_path: Path) -> None:
    save_model(build_model("gemma4_text"), tmp_path)
    sliding, full = (layer.spec for layer in make_runner(tmp_path).cache.layers)
    assert (sliding.key_dim, sliding.value_dim, sliding.window) == (8, 8, 12)
    assert (full.key_dim, full.value_dim, full.window) == (16, 16, None)
    save_model(build_model("gemma2"), tmp_path)
    assert [layer.spec.softcap for layer in make_runner(tmp_path).cache.layers] == [2.0, 2.0]


GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128}
LINEAR = {"linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 8, "linear_value_head_dim": 8}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "falcon": ({"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2}, "does not let its attention"),
    "bloom": ({"hidden_size": 32, "n_head": 4, "n_layer": 2}, "does not let its attention be replaced"),
    "gptj": (GPT | {"rotary_dim": 4}, "does not let its attention be replaced"),
    "stablelm": ({"num_hidden_layers": 2}, "does not let its attention be replaced"),
    "gpt_oss": ({"num_local_experts": 4, "num_hidden_layers": 2}, "has attention sinks"),
    "lfm2": ({"layer_types": ["conv", "full_attention"], "num_hidden_layers": 2}, "not supported: conv"),
    "qwen3_5_text": (LINEAR | {"num_hidden_layers": 4}, "not supported: linear_attention"),
    "llama4_text": ({"num_hidden_layers": 4, "num_local_experts": 2}, "not supported: chunked_attention"),
    "falcon_h1": (
        {"num_hidden_layers": 2, "mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8},
        "not supported: hybrid",
    ),
    "bert": ({"num_hidden_layers": 2}, "has attention to later tokens"),
    "doge": ({"num_hidden_layers": 2}, "has a mask of its own"),
    "nemotron": ({"num_hidden_layers": 2}, "does not receive what the engine passes"),
}
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}


@pytest.mark.parametrize("arch", REFUSED)
def test_an_architecture_that_would_be_computed_wrongly_is_refused(arch: str, tmp_path: Path) -> None:
    options, reason = REFUSED[arch]
    fields = set(AutoConfig.for_model(arch).to_dict())
    small = {name: value for name, value in SMALL.items() if name in fields and arch != "falcon"}
    config = AutoConfig.for_model(arch, **{"vocab_size": 128, "pad_token_id": 0} | small | options)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    with pytest.raises(UnsupportedModel, match=reason):
        make_runner(tmp_path)


def test_an_encoder_decoder_of_another_family_is_refused(tmp_path: Path) -> None:
    sizes = {"encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = AutoConfig.for_model("blenderbot", vocab_size=128, d_model=16, **sizes, **heads)
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(tmp_path)
    with pytest.raises(UnsupportedModel, match="blenderbot is an encoder-decoder of a family that is not served"):
        make_runner(tmp_path)


def test_an_encoder_decoder_that_does_not_say_so_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "t5"}', encoding="utf-8")
    with pytest.raises(UnsupportedModel, match="t5 is an encoder-decoder model"):
        make_runner(tmp_path)
