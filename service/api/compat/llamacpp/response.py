"""The answers of ``POST /completion``."""

from typing import Literal

from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.engine.protocol.outputs import FinishReason
from service.tasks.generation.choice import Choice, Delta
from service.tasks.generation.usage import Timings, Usage

LlamaStopType = Literal["eos", "limit", "word"]


class LlamaProbability(ResponseModel):
    """A token that could have been chosen."""

    id: int
    token: str
    bytes: list[int]
    logprob: float


class LlamaTokenProbability(LlamaProbability):
    """The chosen token, and the likeliest tokens at its place."""

    top_logprobs: list[LlamaProbability]


class LlamaSettings(ResponseModel):
    """The settings with which the text was generated."""

    n_ctx: int
    n_predict: int
    seed: int
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repeat_penalty: float
    presence_penalty: float
    frequency_penalty: float
    stop: list[str]
    ignore_eos: bool
    stream: bool
    n_probs: int


class LlamaTimings(ResponseModel):
    """Milliseconds and rates. ``cache_n`` tokens of the prompt were in the cache, ``prompt_n`` were computed."""

    cache_n: int
    prompt_n: int
    prompt_ms: float
    prompt_per_token_ms: float
    prompt_per_second: float
    predicted_n: int
    predicted_ms: float
    predicted_per_token_ms: float
    predicted_per_second: float

    @classmethod
    def of(cls, usage: Usage, timings: Timings) -> "LlamaTimings":
        """The timings of a completion that is done."""
        first = timings.total_seconds if timings.ttft_seconds is None else timings.ttft_seconds
        prompt = max(1e-6, first - timings.queue_seconds)
        rest = max(1e-6, timings.total_seconds - first)
        computed = usage.prompt_tokens - usage.cached_tokens
        return cls(
            usage.cached_tokens,
            computed,
            round(prompt * 1e3, 3),
            round(prompt * 1e3 / max(1, computed), 3),
            round(computed / prompt, 3),
            usage.completion_tokens,
            round(rest * 1e3, 3),
            round(rest * 1e3 / max(1, usage.completion_tokens), 3),
            round(usage.completion_tokens / rest, 3),
        )


class LlamaPartResponse(ResponseModel):
    """A part of a stream."""

    index: int
    content: str
    tokens: list[int]
    stop: bool
    id_slot: int
    tokens_predicted: int
    tokens_evaluated: int
    completion_probabilities: list[LlamaTokenProbability] | UnsetType = UNSET


class LlamaCompletionResponse(ResponseModel):
    """The whole answer, or the last event of a stream, which has no more text."""

    index: int
    content: str
    tokens: list[int]
    stop: bool
    id_slot: int
    model: str
    tokens_predicted: int
    tokens_evaluated: int
    generation_settings: LlamaSettings
    prompt: str
    has_new_line: bool
    truncated: bool
    stop_type: LlamaStopType
    stopping_word: str
    tokens_cached: int
    timings: LlamaTimings
    completion_probabilities: list[LlamaTokenProbability] | UnsetType = UNSET


def stop_type(choice: Choice | Delta) -> LlamaStopType:
    """Why a choice that has ended did so, in llama.cpp's words."""
    if choice.finish is FinishReason.LENGTH:
        return "limit"
    return "word" if isinstance(choice.stop, str) else "eos"


EXAMPLE = LlamaCompletionResponse(
    index=0,
    content="\n    return a + b",
    tokens=[],
    stop=True,
    id_slot=-1,
    model=EXAMPLE_MODEL,
    tokens_predicted=7,
    tokens_evaluated=5,
    generation_settings=LlamaSettings(32768, 16, 7, 0.0, 40, 0.95, 0.05, 1.0, 0.0, 0.0, [], False, False, 0),
    prompt="def add(a, b):",
    has_new_line=True,
    truncated=False,
    stop_type="eos",
    stopping_word="",
    tokens_cached=0,
    timings=LlamaTimings(0, 5, 60.0, 12.0, 83.3, 7, 369.0, 52.7, 19.0),
)
EXAMPLE_EVENTS = (
    LlamaPartResponse(0, "\n    return a + b", [198, 689], False, -1, 2, 5),
    EXAMPLE,
)
