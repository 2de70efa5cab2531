"""What a model's name means: an entry of the catalogue, a directory, a GGUF file, or a hub repository.

Reads at most the file system's directory entries; never the network.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from model_store.catalog import Catalog, Entry, HubRepository
from model_store.errors import UnknownModel

_HUB = re.compile(r"(?P<repo>[\w-][\w.-]*/[\w-][\w.-]*)(@(?P<revision>[\w.][\w./-]*))?")


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A model of the catalogue."""

    name: str
    entry: Entry

    @property
    def key(self) -> str:
        """What its files are called in the store."""
        return self.name


@dataclass(frozen=True, slots=True)
class Hub:
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
class GgufFile:
    """A GGUF file of the user's. It is converted into the store and stays where it is."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def key(self) -> str:
        """Changes with the file's place, size and time, so that an exchanged file is converted anew."""
        stat = self.path.stat()
        identity = f"{self.path}\0{stat.st_size}\0{stat.st_mtime_ns}"
        return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', self.path.stem)}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Directory:
    """A model directory of the user's, used in place."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name


Reference = Catalogued | Hub | GgufFile | Directory


def resolve(name: str, catalog: Catalog) -> Reference:
    """What ``name`` means. Raises UnknownModel with what would have been understood."""
    if entry := catalog.models.get(name):
        return Catalogued(name, entry)
    path = Path(name).expanduser()
    if name and path.is_dir():
        return Directory(path.resolve())
    if path.suffix == ".gguf" and path.is_file():
        return GgufFile(path.resolve())
    if name.startswith((".", "/", "~")) or path.suffix == ".gguf":
        raise UnknownModel(f"there is no model directory and no GGUF file {name!r}")
    if (match := _HUB.fullmatch(name)) and ".." not in name:
        known = catalog.name_of(match["repo"])
        if known and not match["revision"]:
            return Catalogued(known, catalog.models[known])
        return Hub(HubRepository(match["repo"], match["revision"] or "main"))
    known_names = ", ".join(catalog.models)
    raise UnknownModel(
        f"unknown model {name!r}: neither one of {known_names}, nor owner/name[@revision] on the hub, nor a path"
    )
