"""The manifest of a stored model: every file with its size and checksum.

The manifest is written into the model's directory before the directory gets its final name, so a directory with that
name is complete. This module owns the manifest's schema and compares directories with it.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from model_store.transfer.download import digest

FILE = "trivium.json"


class StoredFile(Struct, frozen=True):
    """The size and checksum that one file had when it was stored."""

    size: int  # bytes
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """A stored model's files and their origin."""

    name: str
    source: str  # for people: where the bytes came from
    files: dict[str, StoredFile]  # by path within the model's directory
    revision: str = ""  # the hub's commit
    licence: str = ""
    artifact_sha256: str = ""  # of the catalogue's artifact
    converter: int = 0  # version of the conversion; 0: the files were not converted

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files.values())


def measure(directory: Path) -> dict[str, StoredFile]:
    """The size and checksum of every file in ``directory`` and its folders, except the manifest.

    The keys are paths relative to ``directory``, with slashes.
    """
    paths = sorted(path for path in directory.rglob("*") if path.is_file() and path != directory / FILE)
    return {path.relative_to(directory).as_posix(): StoredFile(path.stat().st_size, digest(path)) for path in paths}


def write(directory: Path, manifest: Manifest) -> None:
    (directory / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def read(directory: Path) -> Manifest | None:
    """The directory's manifest; None if it is missing or cannot be decoded."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None


def is_complete(directory: Path, manifest: Manifest) -> bool:
    """Whether every file exists with the right size. Cheap: no file is read."""
    paths = {directory / name: file.size for name, file in manifest.files.items()}
    return all(path.is_file() and path.stat().st_size == size for path, size in paths.items())


def differences(directory: Path, manifest: Manifest) -> list[str]:
    """One line for each file that is missing or changed. Reads every file."""
    found = []
    for name, file in manifest.files.items():
        path = directory / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.stat().st_size != file.size:
            found.append(f"{name} has {path.stat().st_size} bytes instead of {file.size}")
        elif (sha256 := digest(path)) != file.sha256:
            found.append(f"{name} has sha256 {sha256} instead of {file.sha256}")
    return found
