"""The models that the settings name: ``model``, ``reader``, ``adapter`` and the tables ``[models.NAME]``."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from model_store import catalog
from model_store.errors import UnknownModel
from model_store.names import resolve
from service.errors import SettingsError
from service.models.capabilities import Capability
from service.settings.model_table import ModelTable
from service.settings.sources import is_path

if TYPE_CHECKING:
    from service.settings.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/@+-]*")
_NO_TABLE = ModelTable()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model to serve. ``settings`` are the service's, with the values of the model's table.

    ``name`` is its name in the API. ``source`` is what the model store resolves. ``capabilities`` are those that the
    model may be used for; None: all that its checkpoint has. With ``idle_seconds`` of 0 it stays loaded.
    """

    name: str
    source: str
    capabilities: frozenset[Capability] | None
    default_for: frozenset[Capability]
    load: Literal["start", "demand"]
    idle_seconds: float
    adapters: Mapping[str, Path]
    settings: "Settings"


def read_specs(settings: "Settings") -> tuple[ModelSpec, ...]:
    """The models to serve: those of ``model``, then the tables, then the reader. Raises SettingsError."""
    tables = settings.models
    for name in tables:
        _check_name(f"models.{name}", name)
    given = settings.model if "model" in settings.model_fields_set or not tables else ()
    specs = [_parse("model", text, settings) for text in given]
    if settings.served_model_name:
        specs[:1] = [_renamed(given, settings)]
    reader = [_reader(settings)] if settings.reader else []
    named = {spec.name for spec in (*specs, *reader)}
    specs += [_spec(name, tables[name].source or name, settings) for name in tables if name not in named]
    specs = [*_with_adapters(specs, settings.adapter), *reader]
    _check_names(specs)
    _check_defaults(specs)
    _check_drafts(specs)
    return tuple(specs)


def _parse(setting: str, text: str, settings: "Settings") -> ModelSpec:
    """The model of ``NAME``, ``NAME=SOURCE`` or a source alone. The table of its name applies."""
    name, source = _split(text)
    if name:
        return _spec(name, source, settings)
    if table := settings.models.get(source):
        return _spec(source, table.source or source, settings)
    if not source:
        raise SettingsError(f"{setting}: a model has an empty name")
    return _spec(_name_of(source), source, settings)


def _split(text: str) -> tuple[str, str]:
    """The name and the source. The name is empty if ``text`` is a source alone, perhaps a path with ``=`` in it."""
    name, _, source = text.partition("=")
    if source and _NAME.fullmatch(name) and not is_path(text):
        return name, source
    return "", text


def _name_of(source: str) -> str:
    """The name that the model store gives to a source. A source that it does not know is its own name."""
    try:
        return resolve(source, catalog.load()).name
    except (UnknownModel, OSError):
        return source


def _spec(name: str, source: str, settings: "Settings") -> ModelSpec:
    table = settings.models.get(name, _NO_TABLE)
    if table.capabilities is not None and (more := table.default_for - table.capabilities):
        raise SettingsError(f"models.{name}: default for {min(more)}, which is not among its capabilities")
    return ModelSpec(
        name=name,
        source=source,
        capabilities=table.capabilities,
        default_for=table.default_for,
        load=table.load,
        idle_seconds=table.idle_seconds,
        adapters={adapter: path.expanduser() for adapter, path in table.adapters.items()},
        settings=settings.model_copy(update=table.overrides) if table.overrides else settings,
    )


def _renamed(given: tuple[str, ...], settings: "Settings") -> ModelSpec:
    """The first model, with the name ``served_model_name``. Raises SettingsError if it has a name of its own."""
    name = settings.served_model_name
    if not given or _split(given[0])[0] or given[0] in settings.models:
        raise SettingsError(f"served_model_name: got {name!r}, but the first model has a name already")
    return _spec(name, given[0], settings)


def _reader(settings: "Settings") -> ModelSpec:
    answer = frozenset({Capability.ANSWER})
    return dataclasses.replace(_parse("reader", settings.reader, settings), capabilities=answer, default_for=answer)


def _with_adapters(specs: list[ModelSpec], texts: Iterable[str]) -> list[ModelSpec]:
    """The models. The first that may generate has the adapters ``NAME=PATH`` too."""
    adapters: dict[str, Path] = {}
    for text in texts:
        name, _, path = text.partition("=")
        if not (name and path):
            raise SettingsError(f"adapter: should be NAME=PATH; got {text!r}")
        if name in adapters:
            raise SettingsError(f"adapter: the name {name!r} is given twice")
        adapters[name] = Path(path).expanduser()
    if not adapters:
        return specs
    first = next((s for s in specs if s.capabilities is None or Capability.GENERATE in s.capabilities), None)
    if first is None:
        raise SettingsError("adapter: no model may generate, so that none can have an adapter")
    if twice := adapters.keys() & first.adapters.keys():
        raise SettingsError(f"adapter: the name {min(twice)!r} is in the table models.{first.name} too")
    extended = dataclasses.replace(first, adapters={**first.adapters, **adapters})
    return [extended if spec is first else spec for spec in specs]


def _check_name(place: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{place}: a name has letters, digits and any of _ . : / @ + -; got {name!r}")


def _check_names(specs: list[ModelSpec]) -> None:
    """Raises SettingsError if two models or adapters have the same name, because requests name both as ``model``."""
    seen: set[str] = set()
    for spec in specs:
        for name in (spec.name, *spec.adapters):
            if name in seen:
                raise SettingsError(f"models: two models or adapters have the name {name!r}; NAME=SOURCE gives another")
            seen.add(name)
        for name in spec.adapters:
            _check_name(f"models.{spec.name}.adapters", name)


def _check_defaults(specs: list[ModelSpec]) -> None:
    """Raises SettingsError if two models are the default for the same task."""
    owners: dict[Capability, str] = {}
    for spec in specs:
        for capability in sorted(spec.default_for):
            if other := owners.get(capability):
                raise SettingsError(f"models: {other!r} and {spec.name!r} are both the default for {capability}")
            owners[capability] = spec.name


def _check_drafts(specs: list[ModelSpec]) -> None:
    """Raises SettingsError if a model should have guesses of a draft model, and none is named."""
    for spec in specs:
        if spec.settings.speculation == "draft" and not spec.settings.draft_model:
            raise SettingsError("speculation: draft needs a draft_model")
