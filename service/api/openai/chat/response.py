"""The answer of ``POST /v1/chat/completions``: one object, or chunks."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal

from service.api.openai.answer import OpenAIAnswer
from service.api.openai.logprobs import ChatLogprobs, chat_logprobs, text_tokens
from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL, example_usage
from service.api.responses.event_stream import event
from service.api.responses.usage import FinishReasonName, ResponseUsage, final_reason, finish_reason
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.generation.choice import Choice, Delta
from service.tasks.generation.completion import Completion
from service.tasks.text.tokenizer import Tokenizer


class AssistantMessage(ResponseModel):
    """The model's turn."""

    role: Literal["assistant"]
    content: str
    refusal: None = None


class ChatChoice(ResponseModel):
    """One of the ``n`` turns."""

    index: int
    message: AssistantMessage
    logprobs: ChatLogprobs | None
    finish_reason: FinishReasonName


class ChatCompletionResponse(ResponseModel):
    """The whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: ResponseUsage


class ChatDelta(ResponseModel):
    """New text. The role is in the first delta of a choice; the last delta is empty."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET


class ChatChunkChoice(ResponseModel):
    """A part of one turn."""

    index: int
    delta: ChatDelta
    logprobs: ChatLogprobs | None
    finish_reason: FinishReasonName | None


class ChatCompletionChunk(ResponseModel):
    """An event of a stream. The chunk with the usage of the whole answer has no choices."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChunkChoice]
    usage: ResponseUsage | UnsetType | None = UNSET


_FIRST_DELTA = ChatDelta("assistant", "")
_LAST_DELTA = ChatDelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatWriter:
    """Writes one answer, with log probabilities if they are requested. Implements ``StreamWriter``."""

    answer: OpenAIAnswer
    logprobs: bool

    async def body(self, completion: Completion) -> ChatCompletionResponse:
        [choices] = await completion.collect()
        return ChatCompletionResponse(
            self.answer.id,
            "chat.completion",
            self.answer.created,
            self.answer.model,
            self.answer.fingerprint,
            [
                ChatChoice(
                    index,
                    AssistantMessage("assistant", choice.text),
                    self._logprobs(choice, completion.tokenizer),
                    final_reason(choice),
                )
                for index, choice in enumerate(choices)
            ],
            ResponseUsage.from_usage(completion.usage),
        )

    async def events(self, completion: Completion) -> AsyncGenerator[bytes, None]:
        begun: set[int] = set()
        async for delta in completion:
            finish = finish_reason(delta)
            usage = self.answer.chunk_usage(completion)
            chunks = []
            if delta.choice not in begun:
                begun.add(delta.choice)
                chunks.append(self._event([ChatChunkChoice(delta.choice, _FIRST_DELTA, None, None)], usage))
            logprobs = self._logprobs(delta, completion.tokenizer)
            if delta.text or (logprobs and logprobs.content):
                choice = ChatChunkChoice(delta.choice, ChatDelta(UNSET, delta.text), logprobs, None)
                chunks.append(self._event([choice], usage))
            if finish:
                chunks.append(self._event([ChatChunkChoice(delta.choice, _LAST_DELTA, None, finish)], usage))
            yield b"".join(chunks)
        if self.answer.include_usage:
            yield self._event([], ResponseUsage.from_usage(completion.usage))

    def _event(self, choices: list[ChatChunkChoice], usage: ResponseUsage | UnsetType | None) -> bytes:
        answer = self.answer
        kind: Literal["chat.completion.chunk"] = "chat.completion.chunk"
        return event(
            ChatCompletionChunk(answer.id, kind, answer.created, answer.model, answer.fingerprint, choices, usage)
        )

    def _logprobs(self, choice: Choice | Delta, tokenizer: Tokenizer) -> ChatLogprobs | None:
        if not self.logprobs:
            return None
        return chat_logprobs(text_tokens(choice, include_stop=self.answer.include_stop), tokenizer)


EXAMPLE = ChatCompletionResponse(
    id="chatcmpl-6b1e",
    object="chat.completion",
    created=EXAMPLE_CREATED,
    model=EXAMPLE_MODEL,
    system_fingerprint="fp_4c1f",
    choices=[ChatChoice(0, AssistantMessage("assistant", "Paris"), None, "stop")],
    usage=example_usage(9, 3),
)
EXAMPLE_EVENTS = tuple(
    ChatCompletionChunk(
        id="chatcmpl-6b1e",
        object="chat.completion.chunk",
        created=EXAMPLE_CREATED,
        model=EXAMPLE_MODEL,
        system_fingerprint="fp_4c1f",
        choices=[choice],
    )
    for choice in (
        ChatChunkChoice(0, _FIRST_DELTA, None, None),
        ChatChunkChoice(0, ChatDelta(UNSET, "Paris"), None, None),
        ChatChunkChoice(0, _LAST_DELTA, None, "stop"),
    )
)
