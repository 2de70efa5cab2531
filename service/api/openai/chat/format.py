"""What ``/v1/chat/completions`` says."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from service.api.openai.logprobs import chat_logprobs, text_tokens
from service.api.replies import usage as common
from service.api.replies.event_stream import event
from service.api.replies.reply import Texts
from service.tasks.generation.choice import Choice, Delta
from service.tasks.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFormat:
    """The constants of one answer."""

    id: str
    created: int
    model: str
    fingerprint: str
    tokenizer: Tokenizer
    logprobs: bool
    include_stop: bool
    include_usage: bool
    continuous_usage: bool

    async def body(self, texts: Texts) -> dict[str, Any]:
        choices = (await texts.collect())[0]
        return self._head("chat.completion") | {
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": choice.text, "refusal": None},
                    "logprobs": self._logprobs(choice),
                    "finish_reason": common.finish_reason(choice),
                }
                for index, choice in enumerate(choices)
            ],
            "usage": common.usage(texts.usage),
        }

    async def events(self, texts: Texts) -> AsyncGenerator[bytes, None]:
        head = self._head("chat.completion.chunk")
        begun: set[int] = set()

        def chunk(index: int, delta: dict[str, Any], logprobs: Any = None, finish: str | None = None) -> bytes:
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
            data = head | {"choices": [choice]}
            if self.include_usage:
                data["usage"] = common.usage(texts.usage) if self.continuous_usage else None
            return event(data)

        async for delta in texts:
            finish = common.finish_reason(delta)
            chunks = []
            if delta.choice not in begun:
                begun.add(delta.choice)
                chunks.append(chunk(delta.choice, {"role": "assistant", "content": ""}))
            logprobs = self._logprobs(delta)
            if delta.text or (logprobs and logprobs["content"]):
                chunks.append(chunk(delta.choice, {"content": delta.text}, logprobs))
            if finish:
                chunks.append(chunk(delta.choice, {}, finish=finish))
            yield b"".join(chunks)
        if self.include_usage:
            yield event(head | {"choices": [], "usage": common.usage(texts.usage)})

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }

    def _logprobs(self, news: Choice | Delta) -> dict[str, Any] | None:
        if not self.logprobs:
            return None
        return chat_logprobs(text_tokens(news, include_stop=self.include_stop), self.tokenizer)
