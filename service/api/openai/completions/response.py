"""The answer of ``POST /v1/completions``: one object, or chunks. Choices are numbered prompt by prompt."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal

from service.api.openai.answer import OpenAIAnswer
from service.api.openai.echo import Echo, echo_of
from service.api.openai.logprobs import (
    CompletionLogprobs,
    CompletionLogprobsWriter,
    PromptLogprobs,
    prompt_logprobs,
    text_tokens,
    token_ids,
)
from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL, example_usage
from service.api.responses.event_stream import event
from service.api.responses.usage import FinishReasonName, ResponseUsage, final_reason, finish_reason
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType, unset_if_none
from service.engine.protocol.outputs import TokenLogprob
from service.tasks.generation.choice import Choice, Delta, ranked, score_of
from service.tasks.generation.completion import Completion


class CompletionChoice(ResponseModel):
    """One continuation of one prompt. A beam search gives it a ``score``."""

    index: int
    text: str
    logprobs: CompletionLogprobs | None
    finish_reason: FinishReasonName
    prompt_logprobs: PromptLogprobs | UnsetType = UNSET
    prompt_token_ids: list[int] | UnsetType = UNSET
    token_ids: list[int] | UnsetType = UNSET
    score: float | UnsetType = UNSET


class CompletionResponse(ResponseModel):
    """The whole answer."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[CompletionChoice]
    usage: ResponseUsage


class CompletionChunkChoice(ResponseModel):
    """A part of one continuation. The ids of the prompt are in the first part."""

    index: int
    text: str
    logprobs: CompletionLogprobs | None
    finish_reason: FinishReasonName | None
    prompt_token_ids: list[int] | UnsetType = UNSET
    token_ids: list[int] | UnsetType = UNSET
    score: float | UnsetType = UNSET


class CompletionChunk(ResponseModel):
    """An event of a stream. The chunk with the usage of the whole answer has no choices."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[CompletionChunkChoice]
    usage: ResponseUsage | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionWriter:
    """Writes one answer. Implements ``StreamWriter``.

    ``echo`` holds the prompts, if they are to be repeated before their continuations, or nothing.
    """

    answer: OpenAIAnswer
    n: int
    echo: Sequence[str | Sequence[int]]
    logprobs: int | None
    add_special_tokens: bool
    skip_special_tokens: bool

    async def body(self, completion: Completion) -> CompletionResponse:
        choices = []
        for prompt_index, group in enumerate(await completion.collect()):
            echo = await self._echo(completion, prompt_index)
            for k, choice in enumerate(_likeliest(group, self.n)):
                writer = self._choice_writer(completion, prompt_index, echo)
                text, logprobs = writer.write(choice, choice.prompt_logprobs)
                made = CompletionChoice(prompt_index * self.n + k, text, logprobs, final_reason(choice))
                made.score = unset_if_none(choice.score)
                if self.answer.prompt_logprobs is not None:
                    top = self.answer.prompt_logprobs
                    made.prompt_logprobs = prompt_logprobs(choice.prompt_logprobs, top, completion.tokenizer)
                if self.answer.token_ids:
                    made.prompt_token_ids = list(completion.prompts[prompt_index])
                    made.token_ids = token_ids(choice)
                choices.append(made)
        return CompletionResponse(
            self.answer.id,
            "text_completion",
            self.answer.created,
            self.answer.model,
            self.answer.fingerprint,
            choices,
            ResponseUsage.from_usage(completion.usage),
        )

    async def events(self, completion: Completion) -> AsyncGenerator[bytes, None]:
        writers: dict[int, _ChoiceWriter] = {}
        echoes: dict[int, Echo | None] = {}
        async for delta in completion:
            index, prompt_index = delta.prompt_index * self.n + delta.choice, delta.prompt_index
            if prompt_index not in echoes:
                echoes[prompt_index] = await self._echo(completion, prompt_index)
            begins = index not in writers
            if begins:
                writers[index] = self._choice_writer(completion, prompt_index, echoes[prompt_index])
            text, logprobs = writers[index].write(delta, delta.tokens[0].prompt_logprobs if delta.tokens else ())
            choice = CompletionChunkChoice(index, text, logprobs, finish_reason(delta))
            choice.score = unset_if_none(score_of(delta.tokens))
            if self.answer.token_ids:
                choice.token_ids = token_ids(delta)
                choice.prompt_token_ids = list(completion.prompts[prompt_index]) if begins else UNSET
            yield self._event([choice], self.answer.chunk_usage(completion))
        if self.answer.include_usage:
            yield self._event([], ResponseUsage.from_usage(completion.usage))

    def _event(self, choices: list[CompletionChunkChoice], usage: ResponseUsage | UnsetType | None) -> bytes:
        answer = self.answer
        return event(
            CompletionChunk(
                answer.id, "text_completion", answer.created, answer.model, answer.fingerprint, choices, usage
            )
        )

    async def _echo(self, completion: Completion, prompt_index: int) -> Echo | None:
        if not self.echo:
            return None
        return await echo_of(
            self.echo[prompt_index],
            completion.prompts[prompt_index],
            completion.tokenizer,
            add_special_tokens=self.add_special_tokens,
            skip_special_tokens=self.skip_special_tokens,
        )

    def _choice_writer(self, completion: Completion, prompt_index: int, echo: Echo | None) -> "_ChoiceWriter":
        prompt = completion.prompts[prompt_index]
        logprobs = None
        if self.logprobs is not None:
            logprobs = CompletionLogprobsWriter(
                completion.tokenizer,
                prompt,
                num_top=self.logprobs,
                as_ids=self.answer.tokens_as_ids,
                skip_special_tokens=self.skip_special_tokens,
            )
        return _ChoiceWriter(logprobs, prompt, echo, self.answer.include_stop)


def _likeliest(choices: list[Choice], n: int) -> list[Choice]:
    """The ``n`` choices with the highest mean log probability of a token, best first. Raises as ``final_reason``."""
    if len(choices) == n:
        return choices
    for choice in choices:
        final_reason(choice)
    return ranked(choices)[:n]


class _ChoiceWriter:
    """Writes the text and the log probabilities of one choice, whole or in parts.

    It owns whether the prompt has been echoed.
    """

    def __init__(
        self, logprobs: CompletionLogprobsWriter | None, prompt: Sequence[int], echo: Echo | None, include_stop: bool
    ) -> None:
        self._logprobs = logprobs
        self._prompt = prompt
        self._echo = echo
        self._include_stop = include_stop

    def write(
        self, choice: Choice | Delta, of_prompt: Sequence[TokenLogprob | None]
    ) -> tuple[str, CompletionLogprobs | None]:
        echo, self._echo = self._echo, None
        text = choice.text if echo is None else echo.text + choice.text
        if self._logprobs is None:
            return text, None
        head = None if echo is None else self._logprobs.write_prompt(self._prompt, of_prompt, echo)
        logprobs = self._logprobs.write(text_tokens(choice, include_stop=self._include_stop))
        return text, logprobs if head is None else head.extended(logprobs)


EXAMPLE = CompletionResponse(
    id="cmpl-9d20",
    object="text_completion",
    created=EXAMPLE_CREATED,
    model=EXAMPLE_MODEL,
    system_fingerprint="fp_4c1f",
    choices=[CompletionChoice(0, "\n    return a + b", None, "stop")],
    usage=example_usage(9, 3),
)
EXAMPLE_EVENTS = (
    CompletionChunk(
        id="cmpl-9d20",
        object="text_completion",
        created=EXAMPLE_CREATED,
        model=EXAMPLE_MODEL,
        system_fingerprint="fp_4c1f",
        choices=[CompletionChunkChoice(0, "\n    return a + b", None, "stop")],
    ),
)
