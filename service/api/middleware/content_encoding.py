"""Compressed bodies: gzip and deflate are decoded, bounded in size; any other content-encoding is refused."""

import zlib
from collections.abc import Iterator

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import BodyError

_IDENTITY, _GZIP, _DEFLATE = "identity", ("gzip", "x-gzip"), "deflate"
_KNOWN = {"br", "compress", "dcb", "dcz", "x-compress", "zstd"}  # what an error may repeat: a client may send any word
_AUTO_GZIP = 16 + zlib.MAX_WBITS


class ContentEncodingMiddleware:
    """The application receives the decoded body, and no content-encoding.

    Its ``receive`` raises BodyError: 415 for another encoding, 400 for a body that is not what the header says, and 413
    for one with more than ``limit`` decoded bytes. No more than that is ever decoded, however small the body is.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (encodings := list(_encodings(scope))):
            return await self.app(scope, receive, send)
        decoder = _Decoder(encodings, self.limit)

        async def decoding_receive() -> Message:
            message = await receive()
            if message["type"] != "http.request" or decoder.complete:
                return message
            message["body"] = decoder.decode(message.get("body", b""), more=message.get("more_body", False))
            return message

        # In place: the layers around see what the route puts into the scope. An inner layer must not decode again.
        scope["headers"] = [
            each for each in scope["headers"] if each[0] not in (b"content-encoding", b"content-length")
        ]
        await self.app(scope, decoding_receive, send)


class _Decoder:
    """Decodes one body. ``complete`` is true after its last part."""

    def __init__(self, encodings: list[str], limit: int) -> None:
        self.complete = False
        self._encodings = encodings
        self._limit = limit
        self._decoded = 0
        self._stream: zlib._Decompress | None = None

    def decode(self, part: bytes, *, more: bool) -> bytes:
        """The decoded part. ``more``: others follow. Raises BodyError."""
        name = self._encodings[0]
        if len(self._encodings) > 1 or name not in (*_GZIP, _DEFLATE):
            raise _unsupported(self._encodings)
        if self._stream is None and part:
            self._stream = zlib.decompressobj(_AUTO_GZIP if name in _GZIP else _deflate_window(part))
        decoded = b""
        try:
            if self._stream is not None:
                decoded = self._stream.decompress(part, self._limit - self._decoded + 1)
        except zlib.error:
            raise _malformed(name) from None
        self._decoded += len(decoded)
        if self._decoded > self._limit:
            raise BodyError(413, f"The body is larger than {self._limit} bytes when it is decoded")
        if self._stream is not None and self._stream.unused_data:
            raise _malformed(name)
        self.complete = not more
        if self.complete and (self._stream is None or not self._stream.eof):
            raise _malformed(name)
        return decoded


def _deflate_window(start: bytes) -> int:
    """The window of a deflate body: in zlib's format, as HTTP has it, or bare, as some clients send it."""
    return zlib.MAX_WBITS if start[0] & 0x0F == 8 and start[0] >> 4 <= 7 else -zlib.MAX_WBITS


def _encodings(scope: Scope) -> Iterator[str]:
    for value in Headers(scope=scope).getlist("content-encoding"):
        yield from (name for each in value.split(",") if (name := each.strip().lower()) not in ("", _IDENTITY))


def _unsupported(encodings: list[str]) -> BodyError:
    names = ", ".join(each if each in {*_KNOWN, *_GZIP, _DEFLATE} else "(unknown)" for each in encodings)
    message = f"The content-encoding {names} is not supported; send gzip, deflate, or the body as it is"
    return BodyError(415, message, code="unsupported_content_encoding", headers={"accept-encoding": "gzip, deflate"})


def _malformed(name: str) -> BodyError:
    kind = _DEFLATE if name == _DEFLATE else "gzip"
    return BodyError(400, f"The body is not {kind}, as its header content-encoding says", code="invalid_encoding")
