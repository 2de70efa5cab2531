"""An upload: a multipart form with a file, whose bytes go to the disk as they arrive."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import Field
from starlette.requests import ClientDisconnect

from service.api.errors import ApiError, invalid
from service.api.requests.bodies import MULTIPART, media_type, validated
from service.api.requests.fields import RequestModel
from service.api.requests.forms import not_a_form
from service.api.requests.lifetime import LONGEST, SHORTEST, ExpiresAfter
from service.api.requests.multipart_stream import FORM_BYTES, MultipartStream, Part
from service.api.wire.disconnect import ClientDisconnected
from service.batches.files import NewFile
from service.batches.service import Batches

_MOST_NAME = 256  # characters of the name of a file
_AT_ONCE = 1 << 20  # bytes that are written to the disk together


class UploadForm(RequestModel):
    """The fields beside the file."""

    purpose: Annotated[Literal["batch"], Field(description="What the file is for: the requests of a batch.")]
    expires_after: ExpiresAfter | None = None


_EXAMPLE_LINE = {
    "custom_id": "a",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"messages": [{"role": "user", "content": "Name a river."}]},
}
SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "maxLength": 1 << 40},
                        "purpose": {"enum": ["batch"]},
                        "expires_after[anchor]": {"enum": ["created_at"]},
                        "expires_after[seconds]": {"type": "integer", "minimum": SHORTEST, "maximum": LONGEST},
                    },
                },
                "examples": {"batch": {"value": {"purpose": "batch", "file": json.dumps(_EXAMPLE_LINE)}}},
            }
        },
    }
}


class Upload:
    """Reads one form into a new file. ``filename`` is known after ``read``."""

    def __init__(self, http: Request, batches: Batches, new: NewFile) -> None:
        self.filename = ""
        self._http = http
        self._batches = batches
        self._new = new
        self._fields: dict[str, bytes] = {}
        self._beside = 0  # bytes of the form that are not the file's

    async def read(self) -> UploadForm:
        """The fields of the form. Raises ApiError, ClientDisconnected, StoreFull."""
        if media_type(self._http.headers) != MULTIPART:
            raise ApiError(415, f"Send {MULTIPART}, with a file in the field file", code="unsupported_media_type")
        stream = MultipartStream(self._http.headers["content-type"])
        part: Part | None = None
        has_file = False
        pending: list[bytes] = []
        async for data in self._chunks():
            for each in stream.feed(data):
                if isinstance(each, Part):
                    part = each
                    has_file = self._begin(part, has_file) or has_file
                elif part is not None and part.file_name is not None:
                    pending.append(each)
                elif part is not None:
                    self._add_to_field(part.name, each)
            if sum(map(len, pending)) >= _AT_ONCE:
                await self._write(pending)
        await self._write(pending)
        if not stream.is_complete:
            raise not_a_form()
        if not has_file:
            raise invalid("file", "file: the form has no file in this field")
        return validated(UploadForm, self._values(), strict=False)

    def _begin(self, part: Part, has_file: bool) -> bool:
        """Whether the part is the file. Raises ApiError for a second one, and for a file in another field."""
        if part.file_name is None:
            if part.name == "file":
                raise invalid("file", "file: the field is a text; send it as a file, with a filename")
            self._fields[part.name] = b""
            return False
        if part.name != "file" or has_file:
            raise invalid("file", "file: send one file, in this field")
        if len(part.file_name) > _MOST_NAME:
            raise invalid("file", f"file: its name has more than {_MOST_NAME} characters")
        self.filename = part.file_name
        return True

    def _add_to_field(self, name: str, data: bytes) -> None:
        self._beside += len(data)
        if self._beside > FORM_BYTES:
            raise ApiError(413, f"The fields beside the file are larger than {FORM_BYTES} bytes")
        self._fields[name] += data

    async def _write(self, pending: list[bytes]) -> None:
        """Write to the disk, if there is room. Raises ApiError (413) or StoreFull."""
        data = b"".join(pending)
        pending.clear()
        limit = self._batches.limits.file_bytes
        if self._new.size + len(data) > limit:
            raise ApiError(413, f"The file is larger than the limit of {limit} bytes", param="file")
        self._batches.files.check_storage(len(data))
        # Shielded: the file must not be closed while it is written.
        write = asyncio.ensure_future(self._batches.threads.call(self._new.write, data))
        try:
            await asyncio.shield(write)
        except asyncio.CancelledError:
            await asyncio.gather(write, return_exceptions=True)
            raise

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._http.stream():
                yield data
        except ClientDisconnect:
            raise ClientDisconnected from None

    def _values(self) -> dict[str, Any]:
        """The fields as OpenAI's clients mean them: ``a[b]`` is the field b of the object a."""
        values: dict[str, Any] = {}
        for name, data in self._fields.items():
            outer, bracket, inner = name.removesuffix("]").partition("[")
            try:
                text = data.decode()
            except UnicodeDecodeError:
                raise not_a_form() from None
            if bracket and outer == "expires_after":
                values.setdefault(outer, {})[inner] = text
            else:
                values[name] = text
        return values
