"""A converted GGUF file is a model that transformers loads, with the same logits and the same tokens."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from model_store import checkpoint
from model_store.convert.model import convert
from model_store.convert.safetensors_file import bfloat16
from model_store.errors import ModelRefused, NotEnoughSpace
from tests.model_store import tiny


def converted(path: Path) -> Path:
    """The directory that the GGUF file becomes."""
    directory = path.with_suffix("")
    directory.mkdir()
    convert(path, directory)
    return directory


@pytest.mark.parametrize(
    ("architecture", "tied", "bias"),
    [
        ("llama", True, False),
        ("llama", False, True),
        ("qwen2", True, False),
        ("qwen2", False, False),
        ("qwen3", True, False),
    ],
)
def test_the_converted_model_has_the_logits_of_the_original(
    tmp_path: Path, architecture: str, tied: bool, bias: bool
) -> None:
    model = tiny.make(architecture, tied=tied, bias=bias)
    tiny.write_gguf(model, tmp_path / "tiny.gguf")
    directory = converted(tmp_path / "tiny.gguf")
    checkpoint.check(directory)
    loaded = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    assert loaded.config.tie_word_embeddings == tied
    assert loaded.config.model_type == architecture

    # The original: the same architecture by hand, with the same weights in the dtype that the store keeps.
    config = AutoConfig.for_model(
        architecture,
        vocab_size=tiny.VOCABULARY,
        hidden_size=tiny.HIDDEN,
        intermediate_size=tiny.INTERMEDIATE,
        num_hidden_layers=tiny.LAYERS,
        num_attention_heads=tiny.HEADS,
        num_key_value_heads=tiny.KV_HEADS,
        head_dim=tiny.HEAD_DIM,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": tiny.ROPE_THETA},
        tie_word_embeddings=tied,
        **({} if architecture == "qwen2" else {"attention_bias": bias}),
    )
    original = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    state = {name: torch.from_numpy(value) for name, value in model.tensors.items()}
    missing, unexpected = original.load_state_dict(state, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"] if tied else [], [])
    original.tie_weights()
    ids = torch.arange(24).reshape(2, 12) * 11
    with torch.inference_mode():
        assert torch.equal(loaded.eval()(ids).logits, original.eval()(ids).logits)


def test_a_gemma_3_has_the_logits_of_the_original(tmp_path: Path) -> None:
    model = tiny.make("gemma3", layers=6)
    tiny.write_gguf(model, tmp_path / "tiny.gguf")
    directory = converted(tmp_path / "tiny.gguf")
    checkpoint.check(directory)
    loaded = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)

    # The original: transformers' own layer pattern and its own base for the layers with a window.
    config = AutoConfig.for_model(
        "gemma3_text",
        vocab_size=tiny.VOCABULARY,
        hidden_size=tiny.HIDDEN,
        intermediate_size=tiny.INTERMEDIATE,
        num_hidden_layers=6,
        num_attention_heads=tiny.HEADS,
        num_key_value_heads=tiny.KV_HEADS,
        head_dim=tiny.HEAD_DIM,
        query_pre_attn_scalar=tiny.HEAD_DIM,
        sliding_window=tiny.WINDOW,
        rms_norm_eps=1e-5,
        rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": tiny.ROPE_THETA}},
    )
    assert [kind == "full_attention" for kind in config.layer_types] == [False] * 5 + [True]
    original = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    state = {name: torch.from_numpy(value) for name, value in model.tensors.items()}
    missing, unexpected = original.load_state_dict(state, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"], [])
    original.tie_weights()
    ids = torch.arange(24).reshape(2, 12) * 11
    with torch.inference_mode():
        assert torch.equal(loaded.eval()(ids).logits, original.eval()(ids).logits)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert tokenizer.tokenize("hello world\n\n中") == ["hello", "▁world", "\n\n", "中"]
    assert tokenizer("hello")["input_ids"] == [2, tiny.SENTENCEPIECE_TOKENS.index("hello")]
    assert not (directory / "chat_template.jinja").exists()


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (Type.F32, torch.float32),
        (Type.F16, torch.float16),
        (Type.BF16, torch.bfloat16),
        (Type.MXFP4, torch.bfloat16),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_unquantized_weights_keep_their_precision(kind: Type, dtype: torch.dtype, tmp_path: Path) -> None:
    """Vectors are float32 in every file; they get the type of the matrices. So do matrices in unusual formats."""
    model = tiny.make("qwen2")
    matrices = {name for name, value in model.tensors.items() if value.ndim == 2}
    tiny.write_gguf(model, tmp_path / "tiny.gguf", types={tiny.gguf_name(name): kind for name in matrices})
    directory = converted(tmp_path / "tiny.gguf")
    stored = load_file(directory / "model.safetensors")
    assert stored.keys() == model.tensors.keys()
    for name, value in model.tensors.items():
        kept = dequantize(quantize(value, kind), kind) if name in matrices else value
        assert torch.equal(stored[name], torch.from_numpy(kept).to(dtype)), name
    assert AutoModelForCausalLM.from_pretrained(directory, dtype="auto").dtype == dtype


def test_bfloat16_rounds_as_torch_does() -> None:
    bits = np.random.default_rng(3).integers(0, 1 << 32, 100_000, dtype=np.uint32)
    edges = np.array([0, 1 << 31, 0x3F808000, 0x3F818000, 0x3F807FFF, 0x7F7F7FFF, 1, 0x80000001], np.uint32)
    values = np.concatenate([edges, bits]).view(np.float32)
    values = values[np.isfinite(values)]
    expected = torch.from_numpy(values).bfloat16().view(torch.int16).numpy().view(np.uint16)
    assert np.array_equal(bfloat16(values), expected)


def test_a_tied_matrix_that_is_stored_twice_becomes_the_finer_copy(tmp_path: Path) -> None:
    model = tiny.make("qwen2")
    embedding = model.tensors["model.embed_tokens.weight"]
    types = {"token_embd.weight": Type.Q5_0, "output.weight": Type.Q8_0}
    tiny.write_gguf(model, tmp_path / "tiny.gguf", types=types, extra={"output.weight": embedding})
    directory = converted(tmp_path / "tiny.gguf")
    assert json.loads((directory / "config.json").read_text())["tie_word_embeddings"] is True
    stored = load_file(directory / "model.safetensors")
    assert "lm_head.weight" not in stored
    assert torch.equal(stored["model.embed_tokens.weight"], torch.from_numpy(quantize(embedding, Type.Q8_0)))


def test_a_separate_output_matrix_is_kept(tmp_path: Path) -> None:
    model = tiny.make("qwen2", tied=False)
    types = {"token_embd.weight": Type.Q5_0, "output.weight": Type.Q8_0}
    tiny.write_gguf(model, tmp_path / "tiny.gguf", types=types)
    directory = converted(tmp_path / "tiny.gguf")
    assert json.loads((directory / "config.json").read_text())["tie_word_embeddings"] is False
    assert load_file(directory / "model.safetensors").keys() == model.tensors.keys()


def test_config_and_tokenizer_have_the_values_of_the_gguf_file(tmp_path: Path) -> None:
    tiny.write_gguf(tiny.make("qwen2"), tmp_path / "tiny.gguf")
    directory = converted(tmp_path / "tiny.gguf")
    config = json.loads((directory / "config.json").read_text())
    assert config["rms_norm_eps"] == 1e-5  # not 9.999999747378752e-06
    assert (config["vocab_size"], config["max_position_embeddings"]) == (tiny.VOCABULARY, 512)
    generation = GenerationConfig.from_pretrained(directory)
    assert generation.eos_token_id == [2, 0]
    assert (directory / "chat_template.jinja").read_text() == "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|endoftext|>", "<|im_end|>")
    assert tokenizer.apply_chat_template([{"content": "hello world"}], tokenize=False) == "hello world\n"
    assert tokenizer("hello world")["input_ids"] == [tiny.TOKENS.index("hello"), tiny.TOKENS.index("Ġworld")]
    assert tokenizer.convert_tokens_to_ids("<tool>") == tiny.TOKENS.index("<tool>")
    assert "[PAD]" not in tokenizer.get_vocab()


def test_a_beginning_of_sequence_token_is_added_if_the_file_asks_for_it(tmp_path: Path) -> None:
    tiny.write_gguf(tiny.make("llama"), tmp_path / "tiny.gguf", metadata={"tokenizer.ggml.add_bos_token": 1})
    tokenizer = AutoTokenizer.from_pretrained(converted(tmp_path / "tiny.gguf"))
    hello = tiny.TOKENS.index("hello")
    assert tokenizer("hello")["input_ids"] == [0, hello]
    assert tokenizer("hello", add_special_tokens=False)["input_ids"] == [hello]


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"qwen2.rope.scaling.type": "yarn"}, "rope.scaling.type = 'yarn'"),
        ({"qwen2.attention.sliding_window": 4096}, "sliding_window = 4096"),
        ({"qwen2.expert_count": 8}, "expert_count = 8"),
        ({"qwen2.rope.dimension_count": 8}, "dimension_count = 8"),
    ],
)
def test_metadata_that_would_change_the_result_is_refused(tmp_path: Path, metadata: dict, complaint: str) -> None:
    tiny.write_gguf(tiny.make("qwen2"), tmp_path / "tiny.gguf", metadata=metadata)
    with pytest.raises(ModelRefused, match=complaint):
        converted(tmp_path / "tiny.gguf")


def test_unknown_architectures_tokenizers_and_tensors_are_refused(tmp_path: Path) -> None:
    def refused(complaint: str, model: tiny.Tiny, **options: object) -> None:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.gguf"
        tiny.write_gguf(model, path, **options)  # type: ignore[arg-type]
        with pytest.raises(ModelRefused, match=complaint):
            converted(path)

    qwen = tiny.make("qwen2")
    refused("architecture 'mamba'", tiny.Tiny("mamba", qwen.tensors, True))
    refused("pre-tokenizer 'klingon' is not known", qwen, pre="klingon")
    refused("do not fit together", qwen, merges=("x y", *tiny.MERGES))
    refused(r"not converted: rope_freqs\.weight", qwen, extra={"rope_freqs.weight": np.ones(8, np.float32)})
    refused(r"output_norm\.weight holds values", qwen, extra={"output_norm.weight": np.full(64, np.nan, np.float32)})
    refused(r"ffn_up\.weight is \(96, 32\)", qwen, extra={"blk.1.ffn_up.weight": np.ones((96, 32), np.float32)})
    fewer = {name: value for name, value in qwen.tensors.items() if "layers.1.mlp.up" not in name}
    refused(r"lacks blk\.1\.ffn_up\.weight", tiny.Tiny("qwen2", fewer, True))


def test_a_full_disk_is_noticed_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write_gguf(tiny.make("qwen2"), tmp_path / "tiny.gguf")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(NotEnoughSpace, match="1000 are free"):
        converted(tmp_path / "tiny.gguf")
