"""A shape that is quick to make and to run."""

from typing import Any

from benchmarks.encoder_decoder.shapes import SHAPES

_SIZES = {"vocab_size": 40, "decoder_vocab_size": 40, "d_model": 16, "pad_token_id": 39, "decoder_start_token_id": 39}
_LAYERS = {"encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
_HEADS = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
TINY: dict[str, Any] = SHAPES["opus-mt"] | _SIZES | _LAYERS | _HEADS
