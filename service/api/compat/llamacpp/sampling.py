"""The fields by which llama.cpp's clients say how tokens are chosen."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.compat.repeat_penalty import RepeatPenalty
from service.api.requests.fields import (
    MAX_BIASES,
    SEED_BOUND,
    TOKEN_ID_BOUND,
    LogitBias,
    Stop,
    Text,
)
from service.api.requests.sampling_fields import SamplingFields

_Zero = Annotated[float | None, Field(ge=0, le=0, description="Only 0, which is off.")]
_One = Annotated[float | None, Field(ge=1, le=1, description="Only 1, which is off.")]
_Idle = Annotated[float | None, Field(ge=-(1 << 31), le=1 << 31, description="Means nothing while the sampler is off.")]
_BANNED = -100


def _as_mapping(value: Any) -> Any:
    """Pairs of a token id and a bias as an object with the ids as keys; false as a bias bans the token.

    Raises PydanticCustomError for the first mistake only, because there may be many.
    """
    if not isinstance(value, list):
        return value
    if len(value) > MAX_BIASES:
        raise PydanticCustomError("too_long", "Input should be at most {most} entries", {"most": MAX_BIASES})
    biases = {}
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not int or pair[0] < 0:
            raise PydanticCustomError("pair", "Items should be a token id and a bias, such as [15043, 1.5]")
        biases[str(pair[0])] = _BANNED if pair[1] is False else pair[1]
    return biases


LlamaLogitBias = Annotated[
    LogitBias,
    BeforeValidator(_as_mapping),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "maxProperties": MAX_BIASES, "additionalProperties": {"enum": ["number"]}},
                {"type": "array", "maxItems": MAX_BIASES, "items": {"enum": ["[id, bias]"]}},
            ]
        }
    ),
]


class LlamaSampling(RepeatPenalty):
    """The samplers. Those that this service lacks must be off. null means the same as no field."""

    temperature: Annotated[float | None, Field(ge=-1, le=2, description="0 and below: greedy. Default: 0.8.")] = None
    top_k: Annotated[
        int | None, Field(ge=-1, lt=TOKEN_ID_BOUND, description="0 and below: all tokens. Default: 40.")
    ] = None
    top_p: Annotated[float | None, Field(gt=0, le=1, description="Default: 0.95.")] = None
    min_p: Annotated[float | None, Field(ge=0, le=1, description="Default: 0.05.")] = None
    seed: Annotated[int | None, Field(ge=-1, lt=SEED_BOUND, description="-1: a random one, the default.")] = None
    stop: Annotated[Stop | None, Field(description="Text that ends the output; it is left out.")] = None
    ignore_eos: bool | None = None
    logit_bias: Annotated[
        LlamaLogitBias | None, Field(description="Pairs of token id and bias, or an object. false is a bias of -100.")
    ] = None
    presence_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    frequency_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    typical_p: _One = None
    dynatemp_range: _Zero = None
    dynatemp_exponent: _Idle = None
    xtc_probability: _Zero = None
    xtc_threshold: _Idle = None
    dry_multiplier: _Zero = None
    dry_base: _Idle = None
    dry_allowed_length: _Idle = None
    dry_penalty_last_n: _Idle = None
    dry_sequence_breakers: Annotated[
        list[Annotated[Text, Field(max_length=256)]] | None,
        Field(max_length=64, description="Means nothing while the sampler is off."),
    ] = None
    mirostat: _Zero = None
    mirostat_tau: _Idle = None
    mirostat_eta: _Idle = None
    top_n_sigma: Annotated[float | None, Field(ge=-1, le=0, description="Only 0 or -1, which are off.")] = None
    min_keep: Annotated[int | None, Field(ge=0, le=1, description="One token is always kept.")] = None
    cache_prompt: Annotated[bool | None, Field(description="false: compute the whole prompt. Default: true.")] = None
    samplers: Annotated[
        Literal[""] | None, Field(description="The order is always: penalties, temperature, top_k, top_p, min_p.")
    ] = None

    def sampling(self, *, cache_salt: str) -> SamplingFields:
        """The same as the fields that all generating routes have, with llama.cpp's defaults."""
        given = {
            "temperature": 0.8 if self.temperature is None else max(0.0, self.temperature),
            "top_k": 40 if self.top_k is None else self.top_k,
            "top_p": 0.95 if self.top_p is None else self.top_p,
            "min_p": 0.05 if self.min_p is None else self.min_p,
            "stop": self.stop,
            "ignore_eos": self.ignore_eos,
            "logit_bias": {str(id): bias for id, bias in (self.logit_bias or {}).items()},
            "repetition_penalty": self.repetition_penalty,
            "presence_penalty": self.presence_penalty,
            "frequency_penalty": self.frequency_penalty,
            "cache_salt": cache_salt,
        }
        return SamplingFields.model_validate(given)
