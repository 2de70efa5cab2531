"""Request and response bodies in the log. Installed only if the operator has set ``log_prompts``.

The secrets of keys are removed even then: LibreTranslate's clients send theirs in the body.
"""

import logging
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.middleware.access_log import current_record
from service.keys.key import PREFIX

logger = logging.getLogger(__name__)

MAX_LOGGED_BYTES = 2000  # of each body
_SECRET = re.compile(rf"{PREFIX}[\w-]{{8,}}", re.ASCII)


class BodyLoggingMiddleware:
    """Logs both bodies of each request that has one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request_body, response_body = bytearray(), bytearray()

        async def recording_receive() -> Message:
            message = await receive()
            _append(request_body, message)
            return message

        async def recording_send(message: Message) -> None:
            _append(response_body, message)
            await send(message)

        try:
            await self.app(scope, recording_receive, recording_send)
        finally:
            record = current_record()
            if request_body and record is not None:
                line = {"request_id": record.request_id, "prompt": _text(request_body), "output": _text(response_body)}
                logger.info("transcript", extra=line)


def _append(recorded: bytearray, message: Message) -> None:
    recorded += message.get("body", b"")[: MAX_LOGGED_BYTES - len(recorded)]


def _text(body: bytearray) -> str:
    return _SECRET.sub(f"{PREFIX}...", body.decode(errors="replace"))
