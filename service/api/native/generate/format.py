"""What the native routes say that write one text: ``generate`` and ``answer``.

A stream has events ``{"id", "index", "text", "finish_reason"}``: ``index`` is 0, ``finish_reason`` is null until the
last of them, and at the end one event ``{"id", "model", "usage", "timings"}``.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from service.api.replies import usage as common
from service.api.replies.event_stream import event
from service.api.replies.reply import Texts
from service.tasks.generation.choice import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFormat:
    """The constants of one answer. ``key`` names the text."""

    id: str
    model: str
    key: str
    extra: dict[str, Any] = field(default_factory=dict)

    async def body(self, texts: Texts) -> dict[str, Any]:
        choices = [group[0] for group in await texts.collect()]
        head = {"id": self.id, "model": self.model, **self.extra}
        return head | self._single(choices[0]) | self._tail(texts)

    async def events(self, texts: Texts) -> AsyncGenerator[bytes, None]:
        async for delta in texts:
            yield event(
                {
                    "id": self.id,
                    "index": delta.prompt_index,
                    "text": delta.text,
                    "finish_reason": common.finish_reason(delta),
                }
            )
        yield event({"id": self.id, "model": self.model, **self.extra} | self._tail(texts))

    def _single(self, choice: Choice) -> dict[str, Any]:
        return {self.key: choice.text, "finish_reason": common.finish_reason(choice)}

    def _tail(self, texts: Texts) -> dict[str, Any]:
        return {"usage": common.usage(texts.usage), "timings": common.timings(texts.timings)}
