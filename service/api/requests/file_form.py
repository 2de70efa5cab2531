"""Forms with one file that is small enough to be held in memory, and texts beside it."""

import json
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from service.api.errors import ApiError, invalid
from service.api.requests.bodies import MULTIPART, media_type, validated
from service.api.requests.forms import FormFields, not_a_form
from service.api.requests.multipart_stream import MultipartStream, Part
from service.api.wire.disconnect import ClientDisconnected

M = TypeVar("M", bound=BaseModel)

_MOST_NAME = 256  # characters of the name of a file


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a form, under the name that the client gave it."""

    name: str
    data: bytes


async def read_file_form(http: Request, model: type[M], *, limit: int) -> tuple[M, FormFile]:
    """The fields of a form as this model, and the file in its field ``file``, which has at most ``limit`` bytes.

    Raises ApiError, RequestValidationError, ClientDisconnected.
    """
    if media_type(http.headers) != MULTIPART:
        raise ApiError(415, f"Send {MULTIPART}, with a file in the field file", code="unsupported_media_type")
    try:
        body = await http.body()
    except ClientDisconnect:
        raise ClientDisconnected from None
    fields, file = split_form(http.headers["content-type"], body)
    if file is None:
        raise invalid("file", "file: the form has no file in this field")
    if len(file.name) > _MOST_NAME:
        raise invalid("file", f"file: its name has more than {_MOST_NAME} characters")
    if len(file.data) > limit:
        raise ApiError(413, f"The file is larger than the limit of {limit} bytes", param="file")
    return validated(model, fields, strict=False), file


def split_form(content_type: str, body: bytes) -> tuple[FormFields, FormFile | None]:
    """The texts of a form, where a field that occurs twice is a list, and its file. Raises ApiError (400)."""
    stream = MultipartStream(content_type)
    parts: list[tuple[Part, list[bytes]]] = []
    for each in stream.feed(body):
        if isinstance(each, Part):
            parts.append((each, []))
        else:
            parts[-1][1].append(each)
    if not stream.is_complete:
        raise not_a_form()
    values: dict[str, list[str]] = {}
    file: FormFile | None = None
    for part, data in parts:
        if part.file_name is not None:
            if part.name != "file" or file is not None:
                raise invalid("file", "file: send one file, in this field")
            file = FormFile(part.file_name, b"".join(data))
        elif part.name == "file":
            raise invalid("file", "file: the field is a text; send it as a file, with a filename")
        else:
            try:
                values.setdefault(part.name, []).append(b"".join(data).decode())
            except UnicodeDecodeError:
                raise not_a_form() from None
    return {name: given[0] if len(given) == 1 else given for name, given in values.items()}, file


def from_json_list(value: Any) -> Any:
    """The list of a field of a form that is written in JSON. What is no list in JSON stays a text."""
    return _from_json(value, "[")


def from_json_object(value: Any) -> Any:
    """The same for an object."""
    return _from_json(value, "{")


def _from_json(value: Any, opening: str) -> Any:
    if isinstance(value, str) and value.lstrip().startswith(opening):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def file_form_schema(model: type[BaseModel], examples: dict[str, Any]) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that takes a form with a file."""
    schema = model.model_json_schema(mode="validation")
    schema["properties"] = {"file": {"type": "string", "format": "binary", "maxLength": 1 << 40}} | schema["properties"]
    schema["required"] = ["file", *schema.get("required", ())]
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": schema, "examples": examples}}}}
