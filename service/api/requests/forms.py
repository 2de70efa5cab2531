"""Fields of forms: urlencoded, multipart and in query strings. A field that occurs twice is a list.

All of it is linear in the size of the body, and nothing nests: a form comes from a stranger.
"""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from service.api.errors import ApiError

FormFields = dict[str, str | list[str]]

_MOST_FIELDS = 1000  # of a form
_BOUNDARY = re.compile(r""";\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)""", re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:\s*form-data(?=;)(.*)$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(rb""";\s*name=(?:"([^"]*)"|([^\s;"]+))""", re.IGNORECASE)
_FILE_NAME = re.compile(rb""";\s*filename\*?=(?:"([^"]*)"|([^\s;"]*))""", re.IGNORECASE)


def urlencoded_fields(form: bytes) -> FormFields:
    """The fields of an urlencoded form or a query string. Raises ApiError (400)."""
    try:
        return _by_name(parse_qsl(form.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise not_a_form() from None


def multipart_fields(content_type: str, body: bytes) -> FormFields:
    """The fields of a multipart form (RFC 7578). Raises ApiError (400), also for a file: no field here takes one."""
    delimiter = delimiter_of(content_type)
    parts = (b"\r\n" + body).split(delimiter, _MOST_FIELDS + 1)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise not_a_form()
    return _by_name(map(_field, parts[1:-1]))


def delimiter_of(content_type: str) -> bytes:
    """What stands between two parts of a multipart form. Raises ApiError (400)."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise not_a_form()
    return b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1")


def part_names(head: bytes) -> tuple[str, str | None]:
    """The name of a part, and that of its file if it is a file, from the head of the part. Raises ApiError (400)."""
    disposition = _DISPOSITION.search(head.replace(b"\r\n", b"\n"))
    name = disposition and _NAME.search(disposition[1])
    if not disposition or not name:
        raise not_a_form()
    file_name = _FILE_NAME.search(disposition[1])
    try:
        named = (name[1] or name[2] or b"").decode()
        return named, None if file_name is None else (file_name[1] or file_name[2] or b"").decode()
    except UnicodeDecodeError:
        raise not_a_form() from None


def _field(part: bytes) -> tuple[str, str]:
    """The name and the value of one part. Raises ApiError."""
    head, blank, value = part.partition(b"\r\n\r\n")
    name, file_name = part_names(head)
    if not blank:
        raise not_a_form()
    if file_name is not None:
        raise ApiError(400, "Files are not taken here; send their text in a field", code="invalid_form")
    try:
        return name, value.decode()
    except UnicodeDecodeError:
        raise not_a_form() from None


def _by_name(pairs: Iterable[tuple[str, str]]) -> FormFields:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: given[0] if len(given) == 1 else given for name, given in values.items()}


def not_a_form() -> ApiError:
    """The error for a body that is not a form."""
    return ApiError(400, f"The body is not a form in UTF-8 of at most {_MOST_FIELDS} fields", code="invalid_form")
