"""Files as OpenAI's clients read them."""

from collections.abc import Sequence

from service.api.openapi.example_values import EXAMPLE_CREATED
from service.api.wire.response_model import ResponseModel
from service.batches.records import FileRecord


class FileObject(ResponseModel):
    """A file. Times are Unix seconds; ``expires_at`` is when it is deleted."""

    id: str
    object: str
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: str
    status_details: str | None

    @classmethod
    def of(cls, file: FileRecord) -> "FileObject":
        """The file as an object."""
        created, expires = file.created_at, file.expires_at
        return cls(file.id, "file", file.bytes, created, expires, file.filename, file.purpose, "processed", None)


class FileList(ResponseModel):
    """A page of files."""

    object: str
    data: list[FileObject]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def page(cls, files: Sequence[FileRecord], limit: int) -> "FileList":
        """Up to ``limit`` of these files; one more says that there are more."""
        data = [FileObject.of(file) for file in files[:limit]]
        first, last = (data[0].id, data[-1].id) if data else (None, None)
        return cls("list", data, first, last, len(files) > limit)


class DeletedFile(ResponseModel):
    """A file is gone."""

    id: str
    object: str
    deleted: bool


_FILE = FileRecord(
    id="file-5f0c1e7b6a5d4b7f9a1f6d0c2b3e4a5d",
    owner="",
    filename="requests.jsonl",
    purpose="batch",
    bytes=1204,
    created_at=EXAMPLE_CREATED,
    expires_at=EXAMPLE_CREATED + 30 * 24 * 3600,
)
EXAMPLE = FileObject.of(_FILE)
EXAMPLE_LIST = FileList.page([_FILE], 20)
EXAMPLE_DELETED = DeletedFile(_FILE.id, "file", True)
