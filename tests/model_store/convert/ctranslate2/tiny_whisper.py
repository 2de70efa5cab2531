"""A tiny random Whisper model as the files of CTranslate2, written from transformers' model."""

import json
import struct
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import WhisperConfig, WhisperForConditionalGeneration

LANGUAGES = ("<|en|>", "<|zh|>", "<|de|>")
_TASKS = ("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>")
NAMES = ("<|endoftext|>", "<|startoftranscript|>", *LANGUAGES, *_TASKS)
_TYPES = {np.dtype(np.float32): 0, np.dtype(np.int8): 1, np.dtype(np.int16): 2, np.dtype(np.float16): 4}


def make_model(vocab_size: int) -> WhisperForConditionalGeneration:
    """A model of 2 + 2 layers of width 16 with 2 heads, for 20 frames, whose numbers are those of float16."""
    torch.manual_seed(3)
    config = WhisperConfig(
        vocab_size=vocab_size,
        num_mel_bins=4,
        d_model=16,
        encoder_layers=2,
        encoder_attention_heads=2,
        encoder_ffn_dim=24,
        decoder_layers=2,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        max_source_positions=50,
        max_target_positions=12,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
        decoder_start_token_id=1,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((torch.randn_like(parameter) * 0.3).half().float())
    return model


def variables(model: WhisperForConditionalGeneration) -> dict[str, NDArray]:
    """The variables of CTranslate2, with float16 numbers."""
    state = {name: value.half().numpy() for name, value in model.state_dict().items()}
    found: dict[str, NDArray] = {}

    def linear(variable: str, *names: str) -> None:
        rows = len(state[f"{names[0]}.weight"])
        found[f"{variable}/weight"] = np.concatenate([state[f"{name}.weight"] for name in names])
        zeros = np.zeros(rows, np.float16)
        found[f"{variable}/bias"] = np.concatenate([state.get(f"{name}.bias", zeros) for name in names])

    def norm(variable: str, name: str) -> None:
        found[f"{variable}/gamma"], found[f"{variable}/beta"] = state[f"{name}.weight"], state[f"{name}.bias"]

    for stack in ("encoder", "decoder"):
        for layer in range(2):
            ours, theirs = f"model.{stack}.layers.{layer}", f"{stack}/layer_{layer}"
            norm(f"{theirs}/self_attention/layer_norm", f"{ours}.self_attn_layer_norm")
            linear(f"{theirs}/self_attention/linear_0", *(f"{ours}.self_attn.{each}_proj" for each in "qkv"))
            linear(f"{theirs}/self_attention/linear_1", f"{ours}.self_attn.out_proj")
            if stack == "decoder":
                norm(f"{theirs}/attention/layer_norm", f"{ours}.encoder_attn_layer_norm")
                linear(f"{theirs}/attention/linear_0", f"{ours}.encoder_attn.q_proj")
                linear(f"{theirs}/attention/linear_1", *(f"{ours}.encoder_attn.{each}_proj" for each in "kv"))
                linear(f"{theirs}/attention/linear_2", f"{ours}.encoder_attn.out_proj")
            norm(f"{theirs}/ffn/layer_norm", f"{ours}.final_layer_norm")
            linear(f"{theirs}/ffn/linear_0", f"{ours}.fc1")
            linear(f"{theirs}/ffn/linear_1", f"{ours}.fc2")
        norm(f"{stack}/layer_norm", f"model.{stack}.layer_norm")
        found[f"{stack}/position_encodings/encodings"] = state[f"model.{stack}.embed_positions.weight"]
        found[f"{stack}/num_heads"] = np.array(2, np.int16)
    for number in (1, 2):
        found[f"encoder/conv{number}/weight"] = state[f"model.encoder.conv{number}.weight"]
        found[f"encoder/conv{number}/bias"] = state[f"model.encoder.conv{number}.bias"]
    found["decoder/embeddings/weight"] = state["model.decoder.embed_tokens.weight"]
    settings = {"activation": 3, "alibi": 0, "pre_norm": 1, "scale_embeddings": 0, "start_from_zero_embedding": 0}
    found |= {f"decoder/{name}": np.array(value, np.int8) for name, value in settings.items()}
    found |= {
        f"decoder/{name}": np.array(value, np.int16)
        for name, value in (("alignment_heads", 1), ("alignment_layer", -1))
    }
    return found


def with_bytes(found: dict[str, NDArray]) -> dict[str, NDArray]:
    """The variables with bytes and scales in the place of the matrices of linear layers."""
    result = dict(found)
    for name, values in found.items():
        if name.endswith("/weight") and values.ndim == 2:
            scales = (127 / np.abs(values.astype(np.float32)).max(axis=1)).astype(np.float32)
            result[name] = np.rint(values.astype(np.float32) * scales[:, None]).astype(np.int8)
            result[f"{name}_scale"] = scales
    return result


def binary(found: dict[str, NDArray], specification: str = "WhisperSpec", version: int = 6) -> bytes:
    """The content of ``model.bin``."""
    parts = [struct.pack("<I", version), _name(specification), struct.pack("<II", 3, len(found))]
    for name, values in found.items():
        shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        parts += [_name(name), shape, struct.pack("<BI", _TYPES[values.dtype], values.nbytes), values.tobytes()]
    aliases = [_name("decoder/projection/weight"), _name("decoder/embeddings/weight")]
    return b"".join([*parts, struct.pack("<I", 1), *aliases])


def write(directory: Path, found: dict[str, NDArray], vocab_size: int) -> None:
    """Write ``model.bin``, ``config.json`` and ``tokenizer.json``; 1,501 times follow the special tokens."""
    first = vocab_size - 1501 - len(NAMES)
    tokens = [{"content": name, "id": first + index} for index, name in enumerate(NAMES)]
    (directory / "model.bin").write_bytes(binary(found))
    (directory / "config.json").write_text(
        json.dumps({"suppress_ids": [1, 2], "suppress_ids_begin": [3], "alignment_heads": [[1, 0]]})
    )
    (directory / "tokenizer.json").write_text(json.dumps({"added_tokens": tokens}))


def _name(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"
