"""The settings of a running service.

A setting is an environment variable ``TRIVIUM_<NAME>``, a flag of ``trivium serve``, and a key of an optional TOML file
(``--config`` or ``TRIVIUM_CONFIG``). A flag overrides the environment, which overrides the file, which overrides the
default.
"""

import difflib
import ipaddress
import re
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from model_store.types import LocalModel
from service.encoder.messages import EncoderConfig, Head
from service.engine.protocol.config import EngineConfig
from service.errors import SettingsError
from service.settings.environment import env_name, read_environment
from service.settings.groups import (
    BatchSettings,
    DocumentSettings,
    EngineSettings,
    GlossarySettings,
    LimitSettings,
    LoggingSettings,
    ModelSettings,
    SecuritySettings,
    ServerSettings,
)
from service.settings.model_table import ModelTable
from service.settings.served_models import ModelSpec, read_specs
from service.settings.sources import Source, flag_name, is_path, read_config_file, source_of

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+")
METRICS_PROGRAMS = ("vllm", "tgi")


class Settings(
    EngineSettings,
    BatchSettings,
    GlossarySettings,
    DocumentSettings,
    LimitSettings,
    LoggingSettings,
    SecuritySettings,
    ServerSettings,
    ModelSettings,
    BaseSettings,
):
    """All settings, validated and frozen. ``load`` makes them from flags, environment and file."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    models: Annotated[dict[str, ModelTable], NoDecode] = Field(
        default={}, description="The tables [models.NAME] of the file."
    )

    @classmethod
    def load(cls, flags: dict[str, Any] | None = None) -> "Settings":
        """Settings from flags (None or empty: not given), environment and file. Raises SettingsError."""
        given = _given(flags)
        try:
            settings = cls(**given)
        except ValidationError as error:
            raise SettingsError(_first_problem(error, given)) from None
        settings.model_specs()
        return settings

    @classmethod
    def sources(cls, flags: dict[str, Any] | None = None) -> dict[str, Source]:
        """The source of each value that ``load`` returns for these flags. Raises SettingsError."""
        given = _given(flags)
        environment, file = read_environment(cls.model_fields), read_config_file(given, cls.model_fields)
        return {name: source_of(name, given, environment, file) for name in cls.model_fields}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence: flags, environment, file."""
        environment = InitSettingsSource(settings_cls, read_environment(cls.model_fields))
        file = InitSettingsSource(settings_cls, read_config_file(init_settings(), cls.model_fields))
        return init_settings, environment, file

    @field_validator("model", "adapter", mode="before")
    @classmethod
    def _split_at_commas(cls, value: Any) -> Any:
        """Variables hold several values with commas. A path that exists may have commas too."""
        if isinstance(value, dict):
            raise ValueError("should be a name or a list of names, and tables of models are [models.NAME]")
        if not isinstance(value, str):
            return value
        return (value,) if is_path(value) else tuple(part.strip() for part in value.split(","))

    @field_validator("metrics_compat", mode="before")
    @classmethod
    def _programs(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        if not isinstance(names, list | tuple) or not all(isinstance(each, str) for each in names):
            return value  # pydantic says what is wrong
        names = tuple(dict.fromkeys(part.strip().lower() for name in names for part in name.split(",")))
        if not set(names) <= set(METRICS_PROGRAMS):
            raise ValueError(f"should be of {', '.join(METRICS_PROGRAMS)}")
        return names

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, value: Any) -> Any:
        origins = value.split(",") if isinstance(value, str) else value
        if not isinstance(origins, list | tuple) or not all(isinstance(each, str) for each in origins):
            return value  # pydantic says what is wrong
        return tuple(_origin(each.strip()) for each in origins)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _proxies(cls, value: Any) -> Any:
        given = value.split(",") if isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
            return value  # pydantic says what is wrong
        proxies = tuple(part.strip() for each in given for part in each.split(",") if part.strip())
        for each in proxies:
            _check_network(each, alone=len(proxies) == 1)
        return proxies

    def model_specs(self) -> tuple[ModelSpec, ...]:
        """The models to serve, in order: the first that can do a task is its default, unless a model says otherwise.

        Raises SettingsError.
        """
        return read_specs(self)

    @property
    def draft_source(self) -> str:
        """The source of the draft model; empty if no draft model guesses."""
        return self.draft_model if self.speculation == "draft" else ""

    def engine_config(self, model: LocalModel, draft: LocalModel | None = None) -> EngineConfig:
        """The configuration of the engine process that serves ``model``, with guesses of the model ``draft``."""
        derived = self._values_of(EngineConfig) | {
            "kv_cache_memory": int(self.kv_cache_memory),
            "max_model_len": self.max_model_len or model.context_length or 0,
            "adapters": {},
            "draft_model_path": str(draft.path) if draft else "",
        }
        return EngineConfig(model_path=str(model.path), **derived)

    def encoder_config(self, model: LocalModel, head: Head) -> EncoderConfig:
        """The configuration of the encoder process that serves ``model`` with ``head``."""
        return EncoderConfig(model_path=str(model.path), head=head, **self._values_of(EncoderConfig))

    def _values_of(self, config: type[EngineConfig] | type[EncoderConfig]) -> dict[str, Any]:
        """The settings that have the names of the configuration's fields."""
        fields = type(self).model_fields
        return {name: getattr(self, name) for name in config.__struct_fields__ if name in fields}


def _origin(text: str) -> str:
    """The origin as browsers send it. Raises ValueError."""
    origin = text.removesuffix("/").lower()
    if origin not in ("*", "null") and not _ORIGIN.fullmatch(origin):
        raise ValueError("should be an origin without a path, such as https://app.example.org:8443, or *")
    return origin


def _check_network(text: str, *, alone: bool) -> None:
    """Raises ValueError unless the text is an address, a network, or ``*`` alone."""
    if text == "*" and alone:
        return
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("should be addresses or networks, such as 10.0.0.0/8, or * alone") from None


def _given(flags: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (flags or {}).items() if value not in (None, [], ())}


def _first_problem(error: ValidationError, flags: dict[str, Any]) -> str:
    """The first problem in one line, with the source of the wrong value."""
    problem = error.errors(include_url=False)[0]
    path = [part for part in problem["loc"] if isinstance(part, str)]
    places = {Source.FLAG: flag_name(path[0]), Source.ENVIRONMENT: env_name(path[0])}
    environment = read_environment(Settings.model_fields)
    place = places.get(source_of(path[0], flags, environment, file=()), "the config file")
    if problem["type"] == "extra_forbidden" and path[0] == "models":
        close = difflib.get_close_matches(path[-1], ModelTable.model_fields, n=1)
        return f"{'.'.join(path)}: unknown setting in {place}" + (f"; did you mean {close[0]}?" if close else "")
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{'.'.join(path)}: {message}; got {problem['input']!r} from {place}"
