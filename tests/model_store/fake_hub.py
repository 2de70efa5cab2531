"""The part of the hub's HTTP interface that serves models, on the local server."""

import hashlib
import json

from tests.model_store.file_server import FileServer, Resource

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def publish(
    server: FileServer,
    repo: str,
    files: dict[str, bytes],
    *,
    revision: str = "main",
    declared: dict[str, str] | None = None,
) -> None:
    """Publish a repository with ``files``. Large ones (safetensors, GGUF) are LFS, as on the hub.

    ``declared`` replaces the sha256 that the hub declares for a file.
    """
    siblings = []
    for name, content in files.items():
        sibling = {"rfilename": name, "size": len(content), "blobId": _git_sha1(content)}
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{_git_sha1(content)}"'}
        if name.endswith((".safetensors", ".gguf", ".bin")):
            sha256 = (declared or {}).get(name, hashlib.sha256(content).hexdigest())
            sibling["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 130}
            headers |= {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(content))}
        siblings.append(sibling)
        for place in (revision, COMMIT):
            server.resources[f"/{repo}/resolve/{place}/{name}"] = Resource(content, headers=headers)
    info = {"id": repo, "sha": COMMIT, "siblings": siblings, "cardData": {"license": "mit"}, "tags": []}
    answer = Resource(json.dumps(info).encode(), headers={"Content-Type": "application/json"})
    server.resources[f"/api/models/{repo}/revision/{revision}"] = answer


def refuse(server: FileServer, repo: str, code: str, status: int, revision: str = "main") -> None:
    """Make the hub refuse a repository, with the error code that the real hub sends."""
    server.resources[f"/api/models/{repo}/revision/{revision}"] = Resource(
        status=status, headers={"X-Error-Code": code}
    )


def _git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
