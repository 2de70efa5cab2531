"""The answer of ``POST /api/generate``: one object, or a line for each part and a last line with the statistics."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from service.api.compat.ollama.durations import Stopwatch, now
from service.api.compat.ollama.lines import line
from service.api.compat.ollama.text_response import OllamaTextResponse, OllamaTokenLogprob, token_logprobs
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.responses.usage import FinishReasonName, final_reason, finish_reason
from service.api.wire.response_model import UNSET, UnsetType
from service.tasks.generation.completion import Completion


class OllamaGenerateResponse(OllamaTextResponse, kw_only=True):
    """The answer, or a line of it."""

    response: str


@dataclass(frozen=True, slots=True)
class OllamaGenerateWriter:
    """Writes one answer. Implements ``StreamWriter``."""

    model: str
    stopwatch: Stopwatch

    async def body(self, completion: Completion) -> OllamaGenerateResponse:
        [[choice]] = await completion.collect()
        reason = final_reason(choice)
        return self._last(choice.text, reason, completion, token_logprobs(choice, completion.tokenizer))

    async def events(self, completion: Completion) -> AsyncGenerator[bytes, None]:
        reason: FinishReasonName | None = None
        async for delta in completion:
            reason = finish_reason(delta)
            logprobs = token_logprobs(delta, completion.tokenizer)
            if delta.text or logprobs is not UNSET:
                part = OllamaGenerateResponse(model=self.model, created_at=now(), response=delta.text, done=False)
                part.logprobs = logprobs
                yield line(part)
        assert reason is not None
        yield line(self._last("", reason, completion))

    def _last(
        self,
        text: str,
        reason: FinishReasonName,
        completion: Completion,
        logprobs: list[OllamaTokenLogprob] | UnsetType = UNSET,
    ) -> OllamaGenerateResponse:
        return OllamaGenerateResponse(
            model=self.model,
            created_at=now(),
            response=text,
            logprobs=logprobs,
            done=True,
            done_reason=reason,
            **self.stopwatch.statistics(completion),
        )


EXAMPLE = OllamaGenerateResponse(
    model=EXAMPLE_MODEL,
    created_at="2026-01-05T09:00:00.000000Z",
    response="Blue light is scattered most.",
    done=True,
    done_reason="stop",
    total_duration=430_000_000,
    load_duration=1_000_000,
    prompt_eval_count=26,
    prompt_eval_duration=60_000_000,
    eval_count=7,
    eval_duration=369_000_000,
)
EXAMPLE_LINES = (
    OllamaGenerateResponse(model=EXAMPLE_MODEL, created_at=EXAMPLE.created_at, response="Blue", done=False),
    EXAMPLE,
)
