"""Plain configurations of encoder-decoders mean what transformers' configurations mean."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout
from service.models.encoder_decoder.families import FAMILIES
from service.models.encoder_decoder.read_config import read_config
from service.models.hf.checkpoint import read_config as read_with_transformers
from service.models.plain_configs.encoder_decoder import EncoderDecoderConfig
from tests.engine.encoder_decoder.tiny_encoder_decoders import NAMES, save

T5: dict[str, Any] = {
    "d_model": 16,
    "d_kv": 4,
    "d_ff": 24,
    "num_layers": 2,
    "num_heads": 3,
    "vocab_size": 50,
    "architectures": ["T5ForConditionalGeneration"],
}
BART: dict[str, Any] = {
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 20,
    "decoder_ffn_dim": 20,
    "max_position_embeddings": 30,
    "vocab_size": 50,
    "architectures": ["BartForConditionalGeneration"],
}
# What files of such checkpoints have, beside the sizes.
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "t5-small": ("t5", T5 | {"task_specific_params": {"summarization": {"num_beams": 4}}, "n_positions": 512}),
    "t5-v1_1": ("t5", T5 | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_decoder_layers": 3}),
    "flan-ul2": ("t5", T5 | {"feed_forward_proj": "gated-silu", "dense_act_fn": "silu", "is_gated_act": True}),
    "old t5": ("t5", T5 | {"relative_attention_num_buckets": 16, "layer_norm_epsilon": 1e-5, "hidden_size": 16}),
    "mt5": ("mt5", T5 | {"tie_word_embeddings": False, "num_decoder_layers": None}),
    "mt5 without gates": ("mt5", T5 | {"feed_forward_proj": "relu"}),
    "umt5": ("umt5", T5 | {"tie_word_embeddings": False, "scalable_attention": True}),
    "bart-large-cnn": ("bart", BART | {"forced_bos_token_id": 0, "num_hidden_layers": 2, "scale_embedding": False}),
    "mbart": ("mbart", BART | {"scale_embedding": True, "activation_function": "relu", "add_final_layer_norm": True}),
    "opus-mt": (
        "marian",
        BART
        | {"activation_function": "swish", "scale_embedding": True, "decoder_vocab_size": 50, "num_hidden_layers": 2},
    ),
    "pegasus": ("pegasus", BART | {"activation_function": "relu", "scale_embedding": True, "num_beams": 8}),
    "nllb": ("m2m_100", BART | {"pad_token_id": 1, "tokenizer_class": "NllbTokenizer"}),
    "whisper": (
        "whisper",
        BART | {"num_mel_bins": 8, "max_source_positions": 20, "max_target_positions": 30, "num_hidden_layers": 2},
    ),
}


def write(path: Path, model_type: str, fields: dict[str, Any]) -> Path:
    config = {"model_type": model_type, "is_encoder_decoder": True} | fields
    (path / "config.json").write_text(json.dumps(config))
    return path


def layouts(path: Path) -> tuple[EncoderDecoderLayout, EncoderDecoderLayout]:
    """By the plain configuration, which there must be, and by that of transformers."""
    plain, due = read_config(str(path)), read_with_transformers(str(path))
    assert isinstance(plain, EncoderDecoderConfig)
    assert (plain.model_type, plain.architectures) == (due.model_type, due.architectures)
    make = FAMILIES[plain.model_type]
    return make(plain), make(due)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_transformers_means_the_same(name: str, tmp_path: Path) -> None:
    save(name, tmp_path)
    plain, due = layouts(tmp_path)
    assert plain == due


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_checkpoint_means_the_same(name: str, tmp_path: Path) -> None:
    plain, due = layouts(write(tmp_path, *FILES[name]))
    assert plain == due


@pytest.mark.parametrize(
    "change",
    [
        {"d_model": None},
        {"d_model": "16"},
        {"hidden_size": 17},
        {"architectures": None},
        {"quantization_config": {"bits": 8}},
        {"scale_embedding": None},
    ],
)
def test_transformers_reads_what_is_not_plain(change: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path, "bart", BART)
    config = json.loads((tmp_path / "config.json").read_text()) | change
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        msgspec.json.decode(json.dumps(config), type=type(read_config(str(tmp_path))))


def test_a_file_that_is_not_plain_is_still_read(tmp_path: Path) -> None:
    write(tmp_path, "bart", {name: value for name, value in BART.items() if name != "decoder_layers"})
    assert read_config(str(tmp_path)).decoder_layers == 12


def test_an_engine_starts_without_transformers(tmp_path: Path) -> None:
    save("t5", tmp_path)
    program = (
        "import sys; from service.engine.execution.runner import ModelRunner;"
        "from tests.engine.configs import engine_config;"
        f"ModelRunner(engine_config({str(tmp_path)!r}, device='cpu', num_blocks=8));"
        "assert 'transformers' not in sys.modules, 'transformers was imported'"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
