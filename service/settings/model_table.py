"""The table ``[models.NAME]`` of the TOML file: the settings of one served model."""

from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field

from service.models.capabilities import Capability
from service.settings.groups import EngineSettings


class ModelTable(EngineSettings):
    """The settings of one model. A setting of the engine's group that is not in the table has the service's value."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    source: str = Field(
        default="", description="A catalogue name, hub id, directory or GGUF file. Empty: the table's name."
    )
    capabilities: frozenset[Capability] | None = Field(
        default=None,
        min_length=1,
        description="What the model may be used for. Not given: all that the checkpoint can do.",
    )
    default_for: frozenset[Capability] = Field(
        default=frozenset(), description="The tasks whose requests get this model if they name none."
    )
    load: Literal["start", "demand"] = Field(
        default="start", description="start: loaded when the service starts. demand: loaded by the first request."
    )
    idle_seconds: float = Field(
        default=0.0, ge=0, description="Seconds without a request until it is unloaded. 0: never."
    )
    adapters: dict[str, Path] = Field(
        default={}, description="LoRA adapters: names, and the directories of their files."
    )

    @property
    def overrides(self) -> dict[str, object]:
        """The engine settings that the table gives."""
        return {name: getattr(self, name) for name in EngineSettings.model_fields if name in self.model_fields_set}
