"""A multipart form (RFC 7578) with a file, read as it arrives: nothing but the end of a delimiter is held back."""

from collections.abc import Iterator
from typing import NamedTuple

from service.api.requests.forms import delimiter_of, not_a_form, part_names

FORM_BYTES = 1 << 16  # that a form may have beside its file
_MOST_HEAD = 8192  # bytes of the head of a part
_MOST_PARTS = 100


class Part(NamedTuple):
    """The beginning of a part. A part without ``file_name`` is a field."""

    name: str
    file_name: str | None


class MultipartStream:
    """Cuts the bytes of a body into parts. Raises ApiError (400) for a body that is not a form."""

    def __init__(self, content_type: str) -> None:
        self.is_complete = False
        self._delimiter = delimiter_of(content_type)
        self._buffer = b"\r\n"  # so that the first delimiter is like the others
        self._in_head = False
        self._in_body = False
        self._parts = 0

    def feed(self, data: bytes) -> Iterator[Part | bytes]:
        """The beginnings of parts, and between them the bytes of each."""
        self._buffer += data
        while not self.is_complete:
            if self._in_head:
                if (part := self._head()) is None:
                    return
                yield part
                continue
            text, found, rest = self._buffer.partition(self._delimiter)
            if not found:
                kept = len(self._delimiter) - 1
                if self._in_body and len(self._buffer) > kept:
                    yield self._buffer[:-kept]
                self._buffer = self._buffer[-kept:]
                return
            if self._in_body and text:
                yield text
            if len(rest) < 2:  # what follows the delimiter decides
                self._buffer = found + rest
                return
            self._in_body = False
            self._buffer = rest
            if rest.startswith(b"--"):
                self.is_complete = True
            else:
                self._in_head = True

    def _head(self) -> Part | None:
        """The part whose head is in the buffer, None if the head is not complete."""
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        if len(head) > _MOST_HEAD or self._parts >= _MOST_PARTS:
            raise not_a_form()
        if not blank:
            return None
        self._parts += 1
        self._buffer, self._in_head, self._in_body = rest, False, True
        return Part(*part_names(head))
