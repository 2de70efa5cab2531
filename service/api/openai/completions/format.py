"""What ``/v1/completions`` says. Choices are numbered prompt by prompt."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from service.api.openai.logprobs import CompletionLogprobs, joined, text_tokens
from service.api.replies import usage as common
from service.api.replies.event_stream import event
from service.api.replies.reply import Texts
from service.engine.protocol.outputs import TokenLogprob
from service.tasks.generation.choice import Choice, Delta
from service.tasks.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """A prompt that is to come back before its completion."""

    text: str
    tokens: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionFormat:
    """The constants of one answer. ``echo`` has one item for each prompt, or none."""

    id: str
    created: int
    model: str
    fingerprint: str
    tokenizer: Tokenizer
    n: int
    echo: Sequence[Echo]
    logprobs: bool
    include_stop: bool
    include_usage: bool
    continuous_usage: bool

    async def body(self, texts: Texts) -> dict[str, Any]:
        choices = []
        for prompt_index, group in enumerate(await texts.collect()):
            for k, choice in enumerate(group):
                writer = _ChoiceWriter(self, prompt_index)
                choices.append(writer.write(prompt_index * self.n + k, choice, choice.prompt_logprobs))
        return self._head() | {"choices": choices, "usage": common.usage(texts.usage)}

    async def events(self, texts: Texts) -> AsyncGenerator[bytes, None]:
        head = self._head()
        writers: dict[int, _ChoiceWriter] = {}
        async for delta in texts:
            index = delta.prompt_index * self.n + delta.choice
            if index not in writers:
                writers[index] = _ChoiceWriter(self, delta.prompt_index)
            prompt_logprobs = delta.tokens[0].prompt_logprobs if delta.tokens else ()
            data = head | {"choices": [writers[index].write(index, delta, prompt_logprobs)]}
            if self.include_usage:
                data["usage"] = common.usage(texts.usage) if self.continuous_usage else None
            yield event(data)
        if self.include_usage:
            yield event(head | {"choices": [], "usage": common.usage(texts.usage)})

    def _head(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }


class _ChoiceWriter:
    """Writes one choice, whole or in pieces; owns whether its prompt was echoed and where its next token begins."""

    def __init__(self, format: CompletionFormat, prompt_index: int) -> None:
        self._format = format
        self._echo = format.echo[prompt_index] if format.echo else None
        self._logprobs = CompletionLogprobs(format.tokenizer)

    def write(self, index: int, news: Choice | Delta, prompt_logprobs: Sequence[TokenLogprob | None]) -> dict[str, Any]:
        echo, self._echo = self._echo, None
        text, logprobs = news.text, None
        if echo is not None:
            text = echo.text + text
        if self._format.logprobs:
            head = None if echo is None else self._logprobs.take_prompt(echo.tokens, prompt_logprobs)
            logprobs = self._logprobs.take(text_tokens(news, include_stop=self._format.include_stop))
            logprobs = logprobs if head is None else joined(head, logprobs)
        return {"index": index, "text": text, "logprobs": logprobs, "finish_reason": common.finish_reason(news)}
