"""The files of the page. They are read once, so no request names a path of the disk."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

PAGE = "index.html"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """The bytes of a file. ``etag`` is made of them, so it is the same in every process that has the file."""

    content: bytes
    media_type: str
    etag: str


@cache
def page_files() -> dict[str, PageFile]:
    """All files by their names: that of the page, and ``folder/name`` of what the page loads."""
    root = files("service.playground")
    found = {PAGE: root.joinpath(PAGE)}
    for folder in root.iterdir():
        if folder.is_dir():
            found |= {f"{folder.name}/{file.name}": file for file in folder.iterdir()}
    types = {name: _MEDIA_TYPES.get(PurePosixPath(name).suffix) for name in found}
    return {name: _read(found[name].read_bytes(), media_type) for name, media_type in types.items() if media_type}


def _read(content: bytes, media_type: str) -> PageFile:
    return PageFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
