"""Checkpoints of random weights in the shapes of well-known translation models.

opus-mt's and NLLB's are BART's with their sizes: the layers of Marian and NLLB, with learned positions, in a model that
needs no languages. T5's is for ``limits``.
"""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers

_OPUS_MT: dict[str, Any] = {
    "model_type": "bart",
    "vocab_size": 65001,
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "max_position_embeddings": 512,
    "activation_function": "swish",
    "pad_token_id": 1,
    "decoder_start_token_id": 0,
    "eos_token_id": 0,
    "bos_token_id": 0,
    "forced_eos_token_id": None,
}
_NLLB: dict[str, Any] = {
    "model_type": "bart",
    "vocab_size": 256206,
    "d_model": 1024,
    "encoder_layers": 12,
    "decoder_layers": 12,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096,
    "max_position_embeddings": 1024,
    "activation_function": "relu",
    "pad_token_id": 1,
    "decoder_start_token_id": 0,
    "eos_token_id": 0,
    "bos_token_id": 0,
    "forced_eos_token_id": None,
}
_T5_SMALL: dict[str, Any] = {
    "model_type": "t5",
    "vocab_size": 32128,
    "d_model": 512,
    "d_kv": 64,
    "d_ff": 2048,
    "num_layers": 6,
    "num_heads": 8,
    "pad_token_id": 1,
    "decoder_start_token_id": 0,
    "eos_token_id": 0,
}
SHAPES = {"opus-mt": _OPUS_MT, "nllb-600m": _NLLB, "t5-small": _T5_SMALL}
_SPECIAL = 4  # ids below, and the last one, stand for no word
_DEVIATION = 0.05  # of the weights


def word(token: int) -> str:
    """The word that is one token."""
    return f"t{token}"


def write_checkpoint(shape: str, path: Path) -> None:
    """Write the checkpoint of a shape, with a tokenizer whose words are single tokens, into the directory ``path``."""
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    fields = dict(SHAPES[shape])
    config = AutoConfig.for_model(fields.pop("model_type"), scale_embedding=True, **fields)
    torch.manual_seed(0)
    model = AutoModelForSeq2SeqLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad and parameter.dim() > 1:
                parameter.normal_(0.0, _DEVIATION)
    model.save_pretrained(path)
    vocabulary = {word(token): token for token in range(fields["vocab_size"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=word(_SPECIAL)))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(path / "tokenizer.json"))
    (path / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": word(0), "pad_token": word(1)}),
        encoding="utf-8",
    )


def words(shape: str) -> range:
    """The tokens that sentences are made of."""
    return range(_SPECIAL, SHAPES[shape]["vocab_size"] - 1)
