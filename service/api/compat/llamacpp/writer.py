"""Writes the answer of ``POST /completion``: one object, or events."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from service.api.compat.llamacpp.response import (
    LlamaCompletionResponse,
    LlamaPartResponse,
    LlamaProbability,
    LlamaSettings,
    LlamaTimings,
    LlamaTokenProbability,
    stop_type,
)
from service.api.responses.event_stream import event
from service.api.responses.logprob import finite
from service.api.responses.usage import final_reason, finish_reason
from service.api.wire.response_model import UNSET, UnsetType
from service.tasks.generation.choice import Choice, Delta
from service.tasks.generation.completion import Completion
from service.tasks.generation.options import Options
from service.tasks.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaWriter:
    """Writes one answer. Implements ``StreamWriter``."""

    model: str
    options: Options
    stream: bool
    return_tokens: bool
    n_probs: int
    context: Callable[[], int]  # tokens of prompt and output together, known once the model is loaded

    async def body(self, completion: Completion) -> LlamaCompletionResponse:
        [[choice]] = await completion.collect()
        final_reason(choice)  # raises if it failed
        tokens = _ids(choice) if self.return_tokens else []
        probabilities = self._probabilities(choice, completion.tokenizer)
        return await self._last(choice, completion, choice.text, tokens, probabilities, "\n" in choice.text)

    async def events(self, completion: Completion) -> AsyncGenerator[bytes, None]:
        has_new_line = False
        async for delta in completion:
            finished = finish_reason(delta) is not None
            has_new_line = has_new_line or "\n" in delta.text
            tokens = _ids(delta)
            if delta.text or tokens:
                usage = completion.usage
                part = LlamaPartResponse(0, delta.text, tokens, False, -1, usage.completion_tokens, usage.prompt_tokens)
                part.completion_probabilities = self._probabilities(delta, completion.tokenizer)
                yield event(part)
            if finished:
                yield event(await self._last(delta, completion, "", [], UNSET, has_new_line))

    async def _last(
        self,
        choice: Choice | Delta,
        completion: Completion,
        content: str,
        tokens: list[int],
        probabilities: list[LlamaTokenProbability] | UnsetType,
        has_new_line: bool,
    ) -> LlamaCompletionResponse:
        usage = completion.usage
        return LlamaCompletionResponse(
            index=0,
            content=content,
            tokens=tokens,
            stop=True,
            id_slot=-1,
            model=self.model,
            tokens_predicted=usage.completion_tokens,
            tokens_evaluated=usage.prompt_tokens,
            generation_settings=self._settings(completion),
            prompt=await completion.tokenizer.decode_async(completion.prompts[0], skip_special_tokens=False),
            has_new_line=has_new_line,
            truncated=False,
            stop_type=stop_type(choice),
            stopping_word=choice.stop if isinstance(choice.stop, str) else "",
            tokens_cached=usage.cached_tokens,
            timings=LlamaTimings.of(usage, completion.timings),
            completion_probabilities=probabilities,
        )

    def _settings(self, completion: Completion) -> LlamaSettings:
        options, params = self.options, self.options.params
        return LlamaSettings(
            n_ctx=self.context(),
            n_predict=-1 if options.max_tokens is None else options.max_tokens,
            seed=options.seed or 0,
            temperature=params.temperature,
            top_k=params.top_k,
            top_p=params.top_p,
            min_p=params.min_p,
            repeat_penalty=params.repetition_penalty,
            presence_penalty=params.presence_penalty,
            frequency_penalty=params.frequency_penalty,
            stop=list(options.stop),
            ignore_eos=options.ignore_eos,
            stream=self.stream,
            n_probs=self.n_probs,
        )

    def _probabilities(self, choice: Choice | Delta, tokenizer: Tokenizer) -> list[LlamaTokenProbability] | UnsetType:
        """The tokens of the text with their log probabilities; the end of the text is none of them."""
        if not self.n_probs:
            return UNSET

        def values(id: int, logprob: float) -> tuple[int, str, list[int], float]:
            return id, tokenizer.token_text(id), list(tokenizer.token_bytes(id)), finite(logprob)

        outputs = choice.tokens[: len(_ids(choice))]
        return [
            LlamaTokenProbability(
                *values(each.token, each.logprob), [LlamaProbability(*values(*top)) for top in each.top]
            )
            for each in (output.logprob for output in outputs)
            if each is not None
        ]


def _ids(choice: Choice | Delta) -> list[int]:
    """The tokens of the text, without the token that ended it."""
    ids = [output.token for output in choice.tokens if output.token is not None]
    return ids[:-1] if isinstance(choice.stop, int) else ids
