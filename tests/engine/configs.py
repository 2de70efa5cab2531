"""Engine configurations for tests: the settings' defaults, without a latency target."""

from pathlib import Path
from typing import Any

import msgspec

from model_store.types import LocalModel
from service.engine.protocol.config import EngineConfig
from service.settings import Settings


def engine_config(model_path: Path | str, **changes: Any) -> EngineConfig:
    """The defaults of the settings with ``changes``; the environment is not read.

    Tests count steps, so prompts must not be cut by a latency target: ``target_itl_ms`` is 0.
    """
    model = LocalModel(name="test", path=Path(model_path), context_length=None)
    defaults = Settings.model_construct().engine_config(model)
    return msgspec.structs.replace(defaults, **({"target_itl_ms": 0.0} | changes))
