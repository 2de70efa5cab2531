"""What was pulled: every file of a stored model with its size and checksum.

The manifest is written into the model's directory before the directory gets its name, so a directory with a name is
whole. Owns the manifest's shape and the comparison of a directory with it.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from model_store.download import digest

FILE = "trivium.json"


class StoredFile(Struct, frozen=True):
    """One file as it was pulled."""

    size: int  # bytes
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What a stored model is and where it came from."""

    name: str
    source: str  # where the bytes came from, in words
    files: dict[str, StoredFile]
    revision: str = ""  # the hub's commit
    licence: str = ""
    artifact_sha256: str = ""  # of the GGUF file that was converted
    converter: int = 0  # version of the conversion; 0: the files are as they came

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files.values())


def take(directory: Path) -> dict[str, StoredFile]:
    """Every file in ``directory`` but the manifest, measured."""
    paths = sorted(path for path in directory.iterdir() if path.is_file() and path.name != FILE)
    return {path.name: StoredFile(path.stat().st_size, digest(path)) for path in paths}


def write(directory: Path, manifest: Manifest) -> None:
    (directory / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def read(directory: Path) -> Manifest | None:
    """The directory's manifest; None if there is none or it is not readable as one."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None


def is_whole(directory: Path, manifest: Manifest) -> bool:
    """Whether every file is there with its size: the check that costs nothing."""
    paths = {directory / name: file.size for name, file in manifest.files.items()}
    return all(path.is_file() and path.stat().st_size == size for path, size in paths.items())


def differences(directory: Path, manifest: Manifest) -> list[str]:
    """What is not as it was pulled, one line for each file. Reads everything."""
    found = []
    for name, file in manifest.files.items():
        path = directory / name
        if not path.is_file():
            found.append(f"{name} is gone")
        elif path.stat().st_size != file.size:
            found.append(f"{name} has {path.stat().st_size} bytes instead of {file.size}")
        elif (sha256 := digest(path)) != file.sha256:
            found.append(f"{name} has sha256 {sha256} instead of {file.sha256}")
    return found
