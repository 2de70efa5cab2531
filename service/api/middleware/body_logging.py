"""What clients send and get, in the log. It is there only where the operator has set ``log_prompts``.

Secrets of keys are struck out even then: LibreTranslate's clients send theirs in the body.
"""

import logging
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.middleware import access_log as access
from service.keys.key import PREFIX

logger = logging.getLogger(__name__)

LONGEST = 2000  # bytes of each body that are written
_SECRET = re.compile(rf"{PREFIX}[\w-]{{8,}}", re.ASCII)


class Transcript:
    """Plain ASGI around the application. Requests without a body say nothing, and are left out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        asked, answered = bytearray(), bytearray()

        async def heard_receive() -> Message:
            message = await receive()
            _keep(asked, message)
            return message

        async def heard_send(message: Message) -> None:
            _keep(answered, message)
            await send(message)

        try:
            await self.app(scope, heard_receive, heard_send)
        finally:
            entry = access.current()
            if asked and entry is not None:
                line = {"request_id": entry.request_id, "prompt": _text(asked), "output": _text(answered)}
                logger.info("transcript", extra=line)


def _keep(kept: bytearray, message: Message) -> None:
    kept += message.get("body", b"")[: LONGEST - len(kept)]


def _text(body: bytearray) -> str:
    return _SECRET.sub(f"{PREFIX}...", body.decode(errors="replace"))
