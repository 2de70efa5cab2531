"""The one conversion from request fields to sampling options, with the limits that the operator has set."""

from service.api.errors import ApiError, invalid
from service.api.requests.fields import SamplingFields
from service.keys.caller import Caller
from service.settings import Settings
from service.tasks.generation.generator import Options


def to_options(
    fields: SamplingFields,
    settings: Settings,
    caller: Caller,
    *,
    temperature: float,
    max_tokens: int | None,
    n: int = 1,
    logprobs: int | None = None,
    prompt_logprobs: int | None = None,
) -> Options:
    """The fields as options; ``temperature`` is what holds where the client named none. Raises ApiError."""
    stop = fields.stop or []
    at_most("n", n, settings.max_n)
    at_most("stop", len(stop), settings.max_stop_strings, "stop strings")
    at_most("stop", max(map(len, stop), default=0), settings.max_stop_length, "characters in a stop string")
    at_most("logit_bias", len(fields.logit_bias or {}), settings.max_logit_bias, "entries")
    return Options(
        max_tokens=max_tokens,
        min_tokens=fields.min_tokens or 0,
        temperature=temperature if fields.temperature is None else fields.temperature,
        top_k=max(fields.top_k or 0, 0),
        top_p=_given(fields.top_p, 1.0),
        min_p=fields.min_p or 0.0,
        repetition_penalty=_given(fields.repetition_penalty, 1.0),
        presence_penalty=fields.presence_penalty or 0.0,
        frequency_penalty=fields.frequency_penalty or 0.0,
        logit_bias=fields.logit_bias or {},
        seed=fields.seed,
        stop=tuple(stop),
        include_stop=bool(fields.include_stop_str_in_output),
        stop_token_ids=tuple(fields.stop_token_ids or ()),
        ignore_eos=bool(fields.ignore_eos),
        logprobs=logprobs,
        prompt_logprobs=prompt_logprobs,
        skip_special_tokens=fields.skip_special_tokens is not False,
        n=n,
        priority=_priority(fields.priority, caller),
        cache_salt=caller.cache_salt(fields.cache_salt or ""),
        tenant=caller.name,
    )


def greedy(caller: Caller, *, max_tokens: int | None = None) -> Options:
    """What is asked through an API that has no fields for it."""
    return Options(
        max_tokens=max_tokens,
        temperature=0.0,
        priority=_priority(None, caller),
        cache_salt=caller.cache_salt(""),
        tenant=caller.name,
    )


def at_most(param: str, value: int, limit: int, what: str = "") -> None:
    """Raises ApiError, naming field and limit."""
    if value > limit:
        raise invalid(param, f"{param}: {value} {what}".rstrip() + f" is more than the limit of {limit}")


def _priority(asked: int | None, caller: Caller) -> int:
    """Raises ApiError for more than the caller may have; lower is more."""
    if asked is None:
        return max(0, caller.priority)
    if asked < caller.priority:
        message = f"priority: {asked} is more urgent than the {caller.priority} that the key may have"
        raise ApiError(403, message, param="priority", code="priority_not_allowed")
    return asked


def _given(value: float | None, default: float) -> float:
    return default if value is None else value
