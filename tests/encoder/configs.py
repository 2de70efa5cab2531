"""Encoder configurations for tests: the settings' defaults."""

from pathlib import Path
from typing import Any

import msgspec

from model_store.types import LocalModel
from service.encoder.messages import EncoderConfig, Head
from service.settings import Settings


def encoder_config(model_path: Path | str, head: Head = Head.SPAN, **changes: Any) -> EncoderConfig:
    """The defaults of the settings with ``changes``; the environment is not read."""
    model = LocalModel(name="test", path=Path(model_path), context_length=None)
    return msgspec.structs.replace(Settings.model_construct().encoder_config(model, head), **changes)
