"""The families of encoder-decoders that are served. This is the only list of them.

``tests/engine/encoder_decoder`` compares each of them with transformers token for token. To add a family, write its
layout in ``layouts/encoder_decoder`` and add a row, and a class in ``plain_configs/encoder_decoder.py``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout
from service.models.layouts.encoder_decoder import bart, t5

FAMILIES: Mapping[str, Callable[[Any], EncoderDecoderLayout]] = {  # transformers' model_type -> its layout
    "bart": bart.bart,
    "m2m_100": bart.m2m_100,
    "marian": bart.marian,
    "mbart": bart.mbart,
    "mt5": t5.mt5,
    "pegasus": bart.pegasus,
    "t5": t5.t5,
    "umt5": t5.umt5,
    "whisper": bart.whisper,
}
