"""The fields that the answers of both routes have that generate text."""

from typing import Literal

from service.api.responses.logprob import finite
from service.api.responses.usage import FinishReasonName
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.generation.choice import Choice, Delta
from service.tasks.text.tokenizer import Tokenizer


class OllamaTopLogprob(ResponseModel):
    """A token that could have been chosen."""

    token: str
    logprob: float
    bytes: list[int]


class OllamaTokenLogprob(OllamaTopLogprob):
    """The chosen token, and the likeliest tokens at its place."""

    top_logprobs: list[OllamaTopLogprob] | UnsetType = UNSET


def token_logprobs(choice: Choice | Delta, tokenizer: Tokenizer) -> list[OllamaTokenLogprob] | UnsetType:
    """The log probabilities of new tokens, without that of the token that ended the text; UNSET if there are none."""

    def values(id: int, logprob: float) -> tuple[str, float, list[int]]:
        return tokenizer.token_text(id), finite(logprob), list(tokenizer.token_bytes(id))

    outputs = choice.tokens[:-1] if isinstance(choice.stop, int) else choice.tokens
    made = [
        OllamaTokenLogprob(
            *values(each.token, each.logprob), [OllamaTopLogprob(*values(*top)) for top in each.top] or UNSET
        )
        for each in (output.logprob for output in outputs)
        if each is not None
    ]
    return made or UNSET


class OllamaTextResponse(ResponseModel, kw_only=True):
    """An answer, or a line of it. Only the last line, with ``done``, has the fields from ``done_reason`` on.

    Durations are in nanoseconds.
    """

    model: str
    created_at: str
    logprobs: list[OllamaTokenLogprob] | UnsetType = UNSET  # of the tokens of this line
    done: bool
    done_reason: FinishReasonName | Literal["load"] | UnsetType = UNSET
    total_duration: int | UnsetType = UNSET
    load_duration: int | UnsetType = UNSET
    prompt_eval_count: int | UnsetType = UNSET
    prompt_eval_duration: int | UnsetType = UNSET
    eval_count: int | UnsetType = UNSET
    eval_duration: int | UnsetType = UNSET
