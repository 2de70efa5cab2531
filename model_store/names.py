"""Resolves a model's name to a reference: a catalogue entry, a directory, a GGUF file, or a hub repository.

Only the file system is consulted, never the network.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from model_store.catalog import Catalog, CatalogEntry, HubRepository
from model_store.errors import UnknownModel

_HUB = re.compile(r"(?P<repo>[\w-][\w.-]*/[\w-][\w.-]*)(@(?P<revision>[\w.][\w./-]*))?")


@dataclass(frozen=True, slots=True)
class CatalogReference:
    """A model in the catalogue."""

    name: str
    entry: CatalogEntry

    @property
    def key(self) -> str:
        """The name of the model's directories in the store."""
        return self.name


@dataclass(frozen=True, slots=True)
class HubReference:
    """A repository on the hub."""

    repository: HubRepository

    @property
    def name(self) -> str:
        return self.repository.repo

    @property
    def key(self) -> str:
        revision = self.repository.revision
        suffix = "" if revision == "main" else "@" + revision.replace("/", "--")
        return self.repository.repo.replace("/", "--") + suffix


@dataclass(frozen=True, slots=True)
class GgufReference:
    """The user's own GGUF file. The store holds its conversion; the file itself is not changed."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def key(self) -> str:
        """Depends on the file's path, size and time, so that a replaced file is converted again."""
        stat = self.path.stat()
        identity = f"{self.path}\0{stat.st_size}\0{stat.st_mtime_ns}"
        return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', self.path.stem)}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class DirectoryReference:
    """The user's own model directory, used in place."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name


Reference = CatalogReference | HubReference | GgufReference | DirectoryReference


def resolve(name: str, catalog: Catalog) -> Reference:
    """The reference that ``name`` stands for. Raises UnknownModel, whose message lists the known names."""
    if entry := catalog.models.get(name):
        return CatalogReference(name, entry)
    path = Path(name).expanduser()
    if name and path.is_dir():
        return DirectoryReference(path.resolve())
    if path.suffix == ".gguf" and path.is_file():
        return GgufReference(path.resolve())
    if name.startswith((".", "/", "~")) or path.suffix == ".gguf":
        raise UnknownModel(f"there is neither a model directory nor a GGUF file {name!r}")
    if (match := _HUB.fullmatch(name)) and ".." not in name:
        known = catalog.name_of(match["repo"])
        if known and not match["revision"]:
            return CatalogReference(known, catalog.models[known])
        return HubReference(HubRepository(match["repo"], match["revision"] or "main"))
    known_names = ", ".join(catalog.models)
    raise UnknownModel(
        f"unknown model {name!r}: neither one of {known_names}, nor owner/name[@revision] on the hub, nor a path"
    )
