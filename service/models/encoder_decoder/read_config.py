"""Reads ``config.json`` of an encoder-decoder."""

import logging
from pathlib import Path
from typing import Any

import msgspec

from service.models.plain_configs.encoder_decoder import AnyEncoderDecoder

logger = logging.getLogger(__name__)


def read_config(path: str) -> Any:
    """The configuration in the directory ``path``, as transformers reads it if it is not plain.

    Raises UnsupportedModel.
    """
    try:
        return msgspec.json.decode((Path(path) / "config.json").read_bytes(), type=AnyEncoderDecoder)
    except (OSError, ValueError, msgspec.MsgspecError) as reason:
        logger.debug("reading config.json with transformers: %s", reason)
    from service.models.hf.checkpoint import read_config as read_with_transformers  # the import takes seconds

    return read_with_transformers(path)
