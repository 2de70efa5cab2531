"""The answer of ``POST /v1/chat/completions``: one object, or chunks."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal

from service.api.openai.answer import OpenAIAnswer
from service.api.openai.chat.message import AssistantMessage, ChatDelta
from service.api.openai.logprobs import (
    ChatLogprobs,
    PromptLogprobs,
    chat_logprobs,
    prompt_logprobs,
    text_tokens,
    token_ids,
)
from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL, example_usage
from service.api.responses.event_stream import event
from service.api.responses.usage import FinishReasonName, ResponseUsage, finish_reason
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType, unset_if_none
from service.tasks.conversation.parsing.turn import Turn, TurnDelta
from service.tasks.conversation.turns import Turns, ended_with_calls
from service.tasks.generation.choice import Choice, Delta, score_of
from service.tasks.text.tokenizer import Tokenizer

ChatFinishReason = FinishReasonName | Literal["tool_calls"]


class ChatChoice(ResponseModel):
    """One of the ``n`` turns."""

    index: int
    message: AssistantMessage
    logprobs: ChatLogprobs | None
    finish_reason: ChatFinishReason
    token_ids: list[int] | UnsetType = UNSET
    score: float | UnsetType = UNSET  # of a beam search


class ChatCompletionResponse(ResponseModel):
    """The whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: ResponseUsage
    prompt_logprobs: PromptLogprobs | UnsetType = UNSET
    prompt_token_ids: list[int] | UnsetType = UNSET


class ChatChunkChoice(ResponseModel):
    """A part of one turn."""

    index: int
    delta: ChatDelta
    logprobs: ChatLogprobs | None
    finish_reason: ChatFinishReason | None
    token_ids: list[int] | UnsetType = UNSET
    score: float | UnsetType = UNSET  # of a beam search, with the finish reason


class ChatCompletionChunk(ResponseModel):
    """An event of a stream. The chunk with the usage of the whole answer has no choices."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChunkChoice]
    usage: ResponseUsage | UnsetType | None = UNSET
    prompt_token_ids: list[int] | UnsetType = UNSET  # in the first chunk


_FIRST_DELTA = ChatDelta("assistant", "")
_LAST_DELTA = ChatDelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatWriter:
    """Writes one answer, with log probabilities if they are requested. Implements ``StreamWriter``."""

    answer: OpenAIAnswer
    logprobs: bool
    reasoning: bool  # whether the answer has what the model thought

    async def body(self, turns: Turns) -> ChatCompletionResponse:
        collected = await turns.collect()
        tokenizer = turns.tokenizer
        body = ChatCompletionResponse(
            self.answer.id,
            "chat.completion",
            self.answer.created,
            self.answer.model,
            self.answer.fingerprint,
            [
                ChatChoice(
                    index,
                    AssistantMessage.from_turn(turn, reasoning=self.reasoning),
                    self._logprobs(turn.choice, tokenizer),
                    _final_reason(turn),
                    token_ids(turn.choice) if self.answer.token_ids else UNSET,
                    unset_if_none(turn.choice.score),
                )
                for index, turn in enumerate(collected)
            ],
            ResponseUsage.from_usage(turns.usage),
            prompt_token_ids=self._prompt_ids(turns),
        )
        if (top := self.answer.prompt_logprobs) is not None:
            body.prompt_logprobs = prompt_logprobs(collected[0].choice.prompt_logprobs, top, tokenizer)
        return body

    async def events(self, turns: Turns) -> AsyncGenerator[bytes, None]:
        begun: set[int] = set()
        async for delta in turns:
            finish = _finish_reason(delta)
            usage = self.answer.chunk_usage(turns)
            chunks = []
            if delta.choice not in begun:
                begun.add(delta.choice)
                prompt_ids = UNSET if len(begun) > 1 else self._prompt_ids(turns)
                chunks.append(self._event([ChatChunkChoice(delta.choice, _FIRST_DELTA, None, None)], usage, prompt_ids))
            logprobs = self._logprobs(delta.delta, turns.tokenizer)
            content = ChatDelta.from_parts(delta.parts, reasoning=self.reasoning)
            ids = token_ids(delta.delta) if self.answer.token_ids else UNSET
            if content is not None or (logprobs and logprobs.content) or ids:
                choice = ChatChunkChoice(delta.choice, content or ChatDelta(content=""), logprobs, None, ids)
                chunks.append(self._event([choice], usage))
            if finish:
                last = ChatChunkChoice(delta.choice, _LAST_DELTA, None, finish)
                last.score = unset_if_none(score_of(delta.delta.tokens))
                chunks.append(self._event([last], usage))
            if chunks:
                yield b"".join(chunks)
        if self.answer.include_usage:
            yield self._event([], ResponseUsage.from_usage(turns.usage))

    def _event(
        self,
        choices: list[ChatChunkChoice],
        usage: ResponseUsage | UnsetType | None,
        ids: list[int] | UnsetType = UNSET,
    ) -> bytes:
        answer = self.answer
        kind: Literal["chat.completion.chunk"] = "chat.completion.chunk"
        return event(
            ChatCompletionChunk(answer.id, kind, answer.created, answer.model, answer.fingerprint, choices, usage, ids)
        )

    def _prompt_ids(self, turns: Turns) -> list[int] | UnsetType:
        return list(turns.prompt) if self.answer.token_ids else UNSET

    def _logprobs(self, choice: Choice | Delta, tokenizer: Tokenizer) -> ChatLogprobs | None:
        if not self.logprobs:
            return None
        tokens = text_tokens(choice, include_stop=self.answer.include_stop)
        return chat_logprobs(tokens, tokenizer, as_ids=self.answer.tokens_as_ids)


def _finish_reason(delta: Turn | TurnDelta) -> ChatFinishReason | None:
    """Why the turn ended, or None while it goes on. Raises ProcessError if it failed."""
    reason = finish_reason(delta.choice if isinstance(delta, Turn) else delta.delta)
    return "tool_calls" if ended_with_calls(delta) else reason


def _final_reason(turn: Turn) -> ChatFinishReason:
    reason = _finish_reason(turn)
    assert reason is not None
    return reason


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
