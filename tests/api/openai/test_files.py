"""Files through the official client and through raw forms."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.api.openai.batching import begin, ended, line, upload
from tests.api.scripted import Scripted, scripted_service

LIMITS: dict[str, Any] = {"max_file_bytes": 5000, "max_files": 3, "max_storage_bytes": 9000}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "batches"


@pytest.fixture
def now() -> list[float]:
    return [1_700_000_000.0]


@pytest.fixture
def service(directory: Path, now: list[float]) -> Iterator[Scripted]:
    with scripted_service(batches_dir=directory, clock=lambda: now[0], **LIMITS) as service:
        yield service


@pytest.fixture
def client(service: Scripted) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{service.url}/v1", api_key="any", max_retries=0) as client:
        yield client


def stored(directory: Path) -> bytes:
    """Everything that is on the disk."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_a_file_is_kept_as_it_is(client: OpenAI) -> None:
    data = bytes(range(256)) * 10 + b"\r\n--"
    made = client.files.create(file=('a "b" é.jsonl', data), purpose="batch")
    assert (made.object, made.bytes, made.purpose, made.status) == ("file", len(data), "batch", "processed")
    assert made.expires_at == made.created_at + 30 * 24 * 3600
    assert made.filename.startswith("a ")
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).content == data


def test_a_deleted_file_is_gone_from_the_disk(client: OpenAI, directory: Path) -> None:
    made = client.files.create(file=("kanarie-name", b"kanarie-text"), purpose="batch")
    assert b"kanarie-text" in stored(directory)
    deleted = client.files.delete(made.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (made.id, "file", True)
    assert b"kanarie" not in stored(directory)
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            ask(made.id)


def test_results_leave_nothing_behind_when_they_are_deleted(client: OpenAI, directory: Path) -> None:
    body = {"messages": [{"role": "user", "content": "x"}], "metadata": {"kanarie": "kanarie"}}
    done = ended(client, begin(client, [line("kanarie", body), line("kanarie-2", {"messages": 7})]).id)
    for id in (done.input_file_id, done.output_file_id, done.error_file_id):
        client.files.delete(str(id))
    assert b"kanarie" not in stored(directory)


def test_pages(client: OpenAI) -> None:
    ids = [upload(client, [line(name)]) for name in "abc"]
    assert [file.id for file in client.files.list()] == ids[::-1]
    assert [file.id for file in client.files.list(limit=1, order="asc")] == ids  # the client asks for further pages
    page = client.files.list(limit=1, after=ids[2])
    assert ([file.id for file in page.data], page.has_more) == ([ids[1]], True)
    assert list(client.files.list(purpose="batch_output")) == []
    with pytest.raises(openai.BadRequestError, match="after"):
        client.files.list(after="file-nobody")


def test_the_number_of_files_has_a_limit(client: OpenAI) -> None:
    first, *_ = [upload(client, []) for _ in range(3)]
    with pytest.raises(openai.BadRequestError, match="3 files are kept, which is the limit"):
        upload(client, [])
    client.files.delete(first)
    upload(client, [])


def test_the_size_of_a_file_has_a_limit(client: OpenAI, directory: Path) -> None:
    client.files.create(file=("a", b"x" * 5000), purpose="batch")
    with pytest.raises(openai.APIStatusError, match="limit of 5000 bytes") as refused:
        client.files.create(file=("a", b"x" * 5001), purpose="batch")
    assert refused.value.status_code == 413
    with pytest.raises(openai.APIStatusError) as refused:
        client.files.create(file=("a", b"x" * 500_000), purpose="batch")
    assert refused.value.status_code == 413
    with pytest.raises(openai.BadRequestError, match="limit of 9000 bytes"):
        client.files.create(file=("a", b"x" * 4001), purpose="batch")
    assert len(list((directory / "files").iterdir())) == 1
    client.files.create(file=("a", b"x" * 4000), purpose="batch")


def test_nothing_is_computed_when_the_storage_is_full(client: OpenAI) -> None:
    begun = upload(client, [line("a")])
    client.files.create(file=("a", b"x" * 4500), purpose="batch")
    size = 9000 - sum(file.bytes for file in client.files.list())
    client.files.create(file=("a", b"x" * size), purpose="batch")
    batch = client.batches.create(input_file_id=begun, endpoint="/v1/chat/completions", completion_window="24h")
    done = ended(client, batch.id)
    assert "storage_full" in client.files.content(str(done.error_file_id)).text


def test_a_file_expires(service: Scripted, client: OpenAI, now: list[float], directory: Path) -> None:
    id = upload(client, [line("a")], expires_after={"anchor": "created_at", "seconds": 3600})
    kept = upload(client, [line("a")])
    now[0] += 3599
    assert client.files.retrieve(id).expires_at == 1_700_003_600
    now[0] += 1
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(id)
    batches = service.app.state.trivium.batches
    batches.files.delete(batches.files.expired(now[0])[0])  # as the next sweep does
    assert [file.id for file in client.files.list()] == [kept]
    assert [path.name for path in (directory / "files").iterdir()] == [kept]


@pytest.mark.parametrize(
    ("fields", "files", "param"),
    [
        ({"purpose": "fine-tune"}, {"file": ("a", b"x")}, "purpose"),
        ({}, {"file": ("a", b"x")}, "purpose"),
        ({"purpose": "batch"}, {"files": ("a", b"x")}, "file"),
        ({"purpose": "batch", "expires_after[anchor]": "created_at"}, {"file": ("a", b"x")}, "expires_after.seconds"),
        (
            {"purpose": "batch", "expires_after[anchor]": "last_active_at", "expires_after[seconds]": "4000"},
            {"file": ("a", b"x")},
            "expires_after.anchor",
        ),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "5"},
            {"file": ("a", b"x")},
            "expires_after.seconds",
        ),
        ({"purpose": "batch"}, {"file": ("a" * 257, b"x")}, "file"),
    ],
)
def test_wrong_fields_are_named(
    service: Scripted, directory: Path, fields: dict[str, str], files: dict[str, tuple[str, bytes]], param: str
) -> None:
    refused = service.http.post("/v1/files", data=fields, files=files)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    assert list((directory / "files").iterdir()) == []


def test_unknown_fields_are_named(service: Scripted) -> None:
    answer = service.http.post("/v1/files", data={"purpose": "batch", "colour": "x"}, files={"file": ("a", b"x")})
    assert (answer.status_code, answer.headers["x-ignored-params"]) == (200, "colour")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"x", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=b", 400),
        (
            b'--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nx\r\n--b--',
            "multipart/form-data; boundary=b",
            400,
        ),
        (
            b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n',
            "multipart/form-data; boundary=b",
            400,
        ),
        (b"--b\r\n" + b"x" * 9000, "multipart/form-data; boundary=b", 400),
        (b"--b\r\n\r\n\r\n--b--", "multipart/form-data; boundary=b", 400),
        (
            b'--b\r\ncontent-disposition: form-data; name="p"\r\n\r\n\xff\r\n--b--',
            "multipart/form-data; boundary=b",
            400,
        ),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    service: Scripted, directory: Path, body: bytes, content_type: str, status: int
) -> None:
    refused = service.http.post("/v1/files", content=body, headers={"content-type": content_type})
    assert refused.status_code == status
    assert list((directory / "files").iterdir()) == []


def test_a_form_arrives_in_any_parts(service: Scripted, client: OpenAI) -> None:
    data = b"a\r\n--\r\n--bo\r\nb"
    form = (
        b'--bound\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--bound\r\n'
        b'content-disposition: form-data; name="file"; filename="a"\r\n\r\n' + data + b"\r\n--bound--\r\n"
    )
    for size in (1, 3, 1000):
        parts = iter([form[start : start + size] for start in range(0, len(form), size)])
        headers = {"content-type": "multipart/form-data; boundary=bound"}
        made = service.http.post("/v1/files", content=parts, headers=headers)
        assert made.status_code == 200, made.text
        assert client.files.content(made.json()["id"]).content == data


def test_a_compressed_upload(service: Scripted, client: OpenAI) -> None:
    form = service.http.build_request(
        "POST", "/v1/files", data={"purpose": "batch"}, files={"file": ("a", b"x" * 4000)}
    )
    headers = {"content-type": form.headers["content-type"], "content-encoding": "gzip"}
    made = service.http.post("/v1/files", content=gzip.compress(form.read()), headers=headers)
    assert client.files.content(made.json()["id"]).content == b"x" * 4000


def test_a_file_in_memory_and_a_path(client: OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"x")
    for file in (path, io.BytesIO(b"x")):
        assert client.files.create(file=file, purpose="batch").bytes == 1
