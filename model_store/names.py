"""The meaning of a model's name: a catalogue entry, a directory, a GGUF file, or a hub repository.

Looks at directory entries of the file system; never uses the network.
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
    """A model in the catalogue."""

    name: str
    entry: Entry

    @property
    def key(self) -> str:
        """The name of the model's directories in the store."""
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
class Directory:
    """The user's own model directory, used in place."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name


Reference = Catalogued | Hub | GgufFile | Directory


def resolve(name: str, catalog: Catalog) -> Reference:
    """The meaning of ``name``. Raises UnknownModel, whose message lists the names that are understood."""
    if entry := catalog.models.get(name):
        return Catalogued(name, entry)
    path = Path(name).expanduser()
    if name and path.is_dir():
        return Directory(path.resolve())
    if path.suffix == ".gguf" and path.is_file():
        return GgufFile(path.resolve())
    if name.startswith((".", "/", "~")) or path.suffix == ".gguf":
        raise UnknownModel(f"there is neither a model directory nor a GGUF file {name!r}")
    if (match := _HUB.fullmatch(name)) and ".." not in name:
        known = catalog.name_of(match["repo"])
        if known and not match["revision"]:
            return Catalogued(known, catalog.models[known])
        return Hub(HubRepository(match["repo"], match["revision"] or "main"))
    known_names = ", ".join(catalog.models)
    raise UnknownModel(
        f"unknown model {name!r}: neither one of {known_names}, nor owner/name[@revision] on the hub, nor a path"
    )
