"""Downloads one remote file: resumable, checksummed, atomic.

During the download the file is ``NAME.part``. One rename makes it ``NAME``, after its size and checksum were verified.
So a file without that suffix is complete, even if the process was killed at any moment. The caller chooses the source.
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
from model_store.transfer.network import public_address
from model_store.transfer.progress import ProgressTask, track

logger = logging.getLogger(__name__)

_CHUNK = 1 << 20
_ATTEMPTS = 5  # in a row without a single new byte
BACKOFF = 0.5  # seconds, doubled each time
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on a server, and the known facts about its bytes."""

    url: str
    name: str
    size: int | None = None  # bytes
    sha256: str = ""
    git_sha1: str = ""  # git's name of the blob: sha1 over a short header and the bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def mismatch(self, path: Path) -> str:
        """How the bytes in ``path`` differ from the known facts; empty if they match."""
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            return f"{size} bytes instead of {self.size}"
        if self.sha256 and (found := digest(path)) != self.sha256:
            return f"sha256 {found} instead of {self.sha256}"
        if self.git_sha1 and (found := _git_sha1(path)) != self.git_sha1:
            return f"git hash {found} instead of {self.git_sha1}"
        return ""


class _Interrupted(Exception):
    """The transfer was interrupted and can continue where it stopped."""


def digest(path: Path) -> str:
    """The file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_space(directory: Path, size: int) -> None:
    """Raises NotEnoughSpace unless ``size`` more bytes fit on the disk of ``directory``."""
    free = shutil.disk_usage(directory).free
    if size > free:
        raise NotEnoughSpace(f"{directory} needs {size} bytes more, {free} are free")


def fetch(client: httpx.Client, remote: RemoteFile, target: Path) -> None:
    """Download the remote file to ``target``; an earlier ``.part`` is continued.

    Raises SourceError if the server does not send the file, ChecksumMismatch if it sends another one, and
    NotEnoughSpace. A ``.part`` with wrong bytes is deleted; no other file is touched.
    """
    part = target.with_name(target.name + ".part")
    if not (remote.sha256 or remote.git_sha1):
        part.unlink(missing_ok=True)  # without a checksum, a wrong beginning would not be noticed
    resumed = part.exists()
    part.touch()
    _receive(client, remote, part)
    problem = remote.mismatch(part)
    if problem and resumed:
        logger.info("%s: %s, after resuming an earlier download; downloading it again", remote.name, problem)
        os.truncate(part, 0)
        _receive(client, remote, part)
        problem = remote.mismatch(part)
    if problem:
        part.unlink()
        raise ChecksumMismatch(f"{public_address(remote.url)} has {problem}")
    os.replace(part, target)


def _receive(client: httpx.Client, remote: RemoteFile, part: Path) -> None:
    """Fill ``part``. Interrupted transfers are retried as long as new bytes arrive."""
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
                logger.info("%s: %s; retrying", remote.name, str(error))
                time.sleep(BACKOFF * 2**failures)


def _stream(client: httpx.Client, remote: RemoteFile, part: Path, task: ProgressTask) -> None:
    """Request the missing bytes once."""
    have = part.stat().st_size
    if remote.size is not None and have > remote.size:
        have = 0
    headers = {**remote.headers, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with client.stream("GET", remote.url, headers=headers) as response:
            if response.status_code == 416:  # the .part is longer than the file, so it belongs to another file
                os.truncate(part, 0)
                raise _Interrupted(f"{public_address(remote.url)} has no bytes beyond {have}")
            if response.status_code in _TRANSIENT:
                raise _Interrupted(f"{public_address(remote.url)} answers {response.status_code}")
            if response.status_code not in {200, 206}:
                raise SourceError(
                    f"{public_address(remote.url)} answers {response.status_code} {response.reason_phrase}"
                )
            continues = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if response.status_code == 206 and not continues:
                raise SourceError(f"{public_address(remote.url)} answers with another range than requested")
            _write(response, remote, part, have if continues else 0, task)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
        if have:
            raise _Interrupted(f"cannot reach {public_address(remote.url)}: {error}") from error
        raise SourceError(f"cannot reach {public_address(remote.url)}: {error}") from error
    except httpx.TransportError as error:
        raise _Interrupted(
            f"{public_address(remote.url)}: the connection broke off: {str(error) or type(error).__name__}"
        ) from error
    except httpx.HTTPError as error:
        raise SourceError(f"{public_address(remote.url)}: {error}") from error


def _write(response: httpx.Response, remote: RemoteFile, part: Path, have: int, task: ProgressTask) -> None:
    """Append the body to the first ``have`` bytes of ``part``."""
    with part.open("ab") as file:
        file.truncate(have)
        for chunk in response.iter_bytes(_CHUNK):
            have += len(chunk)
            if remote.size is not None and have > remote.size:
                file.truncate(0)
                raise ChecksumMismatch(f"{public_address(remote.url)} has more than {remote.size} bytes")
            file.write(chunk)
            task.update(have)


def _git_sha1(path: Path) -> str:
    found = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
