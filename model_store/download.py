"""One remote file onto this disk: resumable, checksummed, atomic.

A file that is being fetched is ``NAME.part``; it becomes ``NAME`` by one rename, after its size and checksum were
found right. So a file without that suffix is whole, whenever the process was killed. Never decides where to fetch from.
"""

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from model_store.errors import ChecksumMismatch, NotEnoughSpace, SourceError
from model_store.network import shown
from model_store.progress import Task, track

logger = logging.getLogger(__name__)

_CHUNK = 1 << 20
_ATTEMPTS = 5  # in a row without a single new byte
_BACKOFF = 0.5  # seconds, doubled each time
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file elsewhere, and all that is known of its bytes."""

    url: str
    name: str
    size: int | None = None  # bytes
    sha256: str = ""
    git_sha1: str = ""  # git's name of the blob: sha1 over a short header and the bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def mismatch(self, path: Path) -> str:
        """How the bytes in ``path`` differ from what is known; empty if they do not."""
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            return f"{size} bytes instead of {self.size}"
        if self.sha256 and (found := digest(path)) != self.sha256:
            return f"sha256 {found} instead of {self.sha256}"
        if self.git_sha1 and (found := _git_sha1(path)) != self.git_sha1:
            return f"git hash {found} instead of {self.git_sha1}"
        return ""


class _Interrupted(Exception):
    """The transfer broke off and may go on where it stopped."""


def digest(path: Path) -> str:
    """The file's sha256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_space(directory: Path, size: int) -> None:
    """Raises NotEnoughSpace unless ``size`` more bytes fit beside ``directory``."""
    free = shutil.disk_usage(directory).free
    if size > free:
        raise NotEnoughSpace(f"{directory} needs {size} bytes more, {free} are free")


def fetch(client: httpx.Client, remote: RemoteFile, target: Path) -> None:
    """Make ``target`` the remote file, going on from an earlier ``.part`` if there is one.

    Raises SourceError if the server does not give the file, ChecksumMismatch if it gives another, and NotEnoughSpace.
    A ``.part`` with wrong bytes is dropped; no other file is touched.
    """
    part = target.with_name(target.name + ".part")
    if not (remote.sha256 or remote.git_sha1):
        part.unlink(missing_ok=True)  # nothing would tell whether the old beginning fits the new end
    resumed = part.exists()
    part.touch()
    _receive(client, remote, part)
    problem = remote.mismatch(part)
    if problem and resumed:
        logger.info("%s: %s, after an earlier beginning; fetching it anew", remote.name, problem)
        os.truncate(part, 0)
        _receive(client, remote, part)
        problem = remote.mismatch(part)
    if problem:
        part.unlink()
        raise ChecksumMismatch(f"{shown(remote.url)} has {problem}")
    os.replace(part, target)


def _receive(client: httpx.Client, remote: RemoteFile, part: Path) -> None:
    """Fill ``part``, trying again after interruptions for as long as the transfer gets ahead."""
    if remote.size is not None:
        require_space(part.parent, remote.size - part.stat().st_size)
    failures = 0
    with track(remote.name, remote.size, part.stat().st_size) as task:
        while (before := part.stat().st_size) != remote.size:
            try:
                _stream(client, remote, part, task)
                return
            except _Interrupted as error:
                failures = 0 if part.stat().st_size > before else failures + 1
                if failures == _ATTEMPTS:
                    raise SourceError(str(error)) from error
                logger.info("%s: %s; going on", remote.name, str(error))
                time.sleep(_BACKOFF * 2**failures)


def _stream(client: httpx.Client, remote: RemoteFile, part: Path, task: Task) -> None:
    """One request for the bytes that are still missing."""
    have = part.stat().st_size
    if remote.size is not None and have > remote.size:
        have = 0
    headers = {**remote.headers, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with client.stream("GET", remote.url, headers=headers) as response:
            if response.status_code == 416:  # the .part is longer than the file, so it is of another one
                os.truncate(part, 0)
                raise _Interrupted(f"{shown(remote.url)} has no bytes beyond {have}")
            if response.status_code in _TRANSIENT:
                raise _Interrupted(f"{shown(remote.url)} answers {response.status_code}")
            if response.status_code not in {200, 206}:
                raise SourceError(f"{shown(remote.url)} answers {response.status_code} {response.reason_phrase}")
            goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if response.status_code == 206 and not goes_on:
                raise SourceError(f"{shown(remote.url)} answers with another range than was asked for")
            _write(response, remote, part, have if goes_on else 0, task)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
        if have:
            raise _Interrupted(f"cannot reach {shown(remote.url)}: {error}") from error
        raise SourceError(f"cannot reach {shown(remote.url)}: {error}") from error
    except httpx.TransportError as error:
        raise _Interrupted(f"{shown(remote.url)} broke off: {str(error) or type(error).__name__}") from error
    except httpx.HTTPError as error:
        raise SourceError(f"{shown(remote.url)}: {error}") from error


def _write(response: httpx.Response, remote: RemoteFile, part: Path, have: int, task: Task) -> None:
    """Append the body to the first ``have`` bytes of ``part``."""
    with part.open("ab") as file:
        file.truncate(have)
        for chunk in response.iter_bytes(_CHUNK):
            have += len(chunk)
            if remote.size is not None and have > remote.size:
                file.truncate(0)
                raise ChecksumMismatch(f"{shown(remote.url)} has more than {remote.size} bytes")
            file.write(chunk)
            task.update(have)


def _git_sha1(path: Path) -> str:
    found = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
