"""Ollama's ``options``: how to choose tokens, and how to load the model."""

from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.compat.repeat_penalty import RepeatPenalty
from service.api.requests.fields import MAX_TOKENS, SEED_BOUND, TOKEN_ID_BOUND, RequestModel, Stop
from service.api.requests.sampling_fields import SamplingFields

DEFAULTS: dict[str, Any] = {"top_k": 40, "top_p": 0.9}  # Ollama's
TEMPERATURE = 0.8  # Ollama's

_Count = Annotated[int | None, Field(ge=-1, le=1 << 31)]
_Off = Literal[False] | None


class LoadOptions(RequestModel):
    """How Ollama loads a model. Here the operator decides; those that change no token are accepted without effect."""

    num_ctx: Annotated[_Count, Field(description="Accepted without effect: the context is the model's own.")] = None
    num_batch: _Count = None
    num_gpu: _Count = None
    main_gpu: _Count = None
    num_thread: _Count = None
    num_keep: Annotated[_Count, Field(description="Accepted without effect: no prompt is ever cut.")] = None
    numa: bool | None = None
    low_vram: bool | None = None
    use_mmap: bool | None = None
    use_mlock: bool | None = None
    f16_kv: bool | None = None
    vocab_only: _Off = None
    logits_all: _Off = None
    embedding_only: _Off = None


class ModelOptions(LoadOptions, RepeatPenalty):
    """The options of a request. null means the same as no field."""

    temperature: Annotated[float | None, Field(ge=0, le=2, description="Default: 0.8.")] = None
    top_k: Annotated[int | None, Field(ge=0, lt=TOKEN_ID_BOUND, description="0: all tokens. Default: 40.")] = None
    top_p: Annotated[float | None, Field(gt=0, le=1, description="Default: 0.9.")] = None
    min_p: Annotated[float | None, Field(ge=0, le=1)] = None
    seed: Annotated[
        int | None, Field(ge=-SEED_BOUND, lt=SEED_BOUND, description="-1: a random one, which is the default.")
    ] = None
    num_predict: Annotated[
        int | None,
        Field(ge=-2, le=MAX_TOKENS, description="Most tokens to generate. 0 and below: until the context is full."),
    ] = None
    stop: Annotated[Stop | None, Field(description="Text that ends the output; it is left out.")] = None
    presence_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    frequency_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    typical_p: Annotated[float | None, Field(ge=1, le=1, description="Only 1, which is off.")] = None
    tfs_z: Annotated[float | None, Field(ge=1, le=1, description="Only 1, which is off.")] = None
    mirostat: Annotated[int | None, Field(ge=0, le=0, description="Only 0, which is off.")] = None
    mirostat_tau: Annotated[float | None, Field(ge=0, le=100, description="Means nothing without mirostat.")] = None
    mirostat_eta: Annotated[float | None, Field(ge=0, le=100, description="Means nothing without mirostat.")] = None
    penalize_newline: Literal[True] | None = None

    def sampling(self) -> SamplingFields:
        """The same as the fields that all generating routes have."""
        return SamplingFields(
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            seed=None if self.seed == -1 else self.seed,
            stop=self.stop,
            repetition_penalty=self.repetition_penalty,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
        )

    @property
    def max_tokens(self) -> int | None:
        """Most tokens to generate; None if ``num_predict`` names none."""
        return self.num_predict if self.num_predict is not None and self.num_predict > 0 else None

    @property
    def fills_context(self) -> bool:
        """Whether the text may fill the context. Without ``num_predict`` it has the service's default length."""
        return self.num_predict is not None and self.num_predict <= 0
