"""Files of tiny models, which each process makes once."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

_made: dict[str, dict[str, bytes]] = {}  # by key, then by name


def write_once(key: str, path: Path, write: Callable[[Path], None]) -> Path:
    """Put the files of this key into ``path`` and return it. ``write`` makes them in a directory, the first time."""
    if key not in _made:
        with TemporaryDirectory() as directory:
            write(Path(directory))
            _made[key] = {file.name: file.read_bytes() for file in Path(directory).iterdir()}
    path.mkdir(parents=True, exist_ok=True)
    for name, content in _made[key].items():
        (path / name).write_bytes(content)
    return path
