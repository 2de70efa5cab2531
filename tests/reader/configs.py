"""Reader configurations for tests: the settings' defaults."""

from pathlib import Path
from typing import Any

import msgspec

from model_store.types import LocalModel
from service.reader.messages import ReaderConfig
from service.settings import Settings


def reader_config(model_path: Path | str, **changes: Any) -> ReaderConfig:
    """The defaults of the settings with ``changes``; the environment is not read."""
    model = LocalModel(name="test", path=Path(model_path), context_length=None)
    return msgspec.structs.replace(Settings.model_construct().reader_config(model), **changes)
