"""The only conversion from request fields to options. It applies the limits that the operator has set."""

from typing import Any

from service.api.errors import ApiError, invalid
from service.api.requests.sampling_fields import SamplingFields, SharedSamplingFields
from service.api.requests.structure_fields import StructureFields
from service.api.requests.token_fields import TokenFields
from service.engine.protocol.sampling_params import SamplingParams
from service.keys.caller import Caller
from service.keys.key import LEAST_URGENT
from service.settings import Settings
from service.tasks.generation.options import Options


def to_options(
    fields: SharedSamplingFields,
    settings: Settings,
    caller: Caller,
    *,
    temperature: float,
    max_tokens: int | None,
    max_tokens_param: str = "max_tokens",
    n: int = 1,
    **params: Any,
) -> Options:
    """The fields as options. ``temperature`` is the default; ``params`` are sampling parameters that have no field.

    ``max_tokens_param`` is the field that holds ``max_tokens`` in this body.

    Raises ApiError where a field is over a limit of the operator, or the priority is not allowed; InvalidOption for a
    structure that cannot be obeyed.
    """
    stop = fields.stop or []
    check_limit("n", n, settings.max_n)
    check_limit("stop", len(stop), settings.max_stop_strings, "stop strings")
    check_limit("stop", max(map(len, stop), default=0), settings.max_stop_length, "characters in a stop string")
    check_limit("logit_bias", len(fields.logit_bias or {}), settings.max_logit_bias, "entries")
    return Options.from_values(
        **{"temperature": temperature} | params | _given_params(fields),
        max_tokens=max_tokens,
        max_tokens_param=max_tokens_param,
        n=n,
        stop=tuple(stop),
        include_stop=bool(fields.include_stop_str_in_output),
        ignore_eos=bool(fields.ignore_eos),
        skip_special_tokens=fields.skip_special_tokens is not False,
        structure=fields.structure() if isinstance(fields, StructureFields) else None,
        **(_token_rules(fields, settings) if isinstance(fields, TokenFields) else {}),
        **_caller_values(caller, priority=fields.priority, cache_salt=fields.cache_salt),
    )


def greedy_options(caller: Caller, *, max_tokens: int | None = None) -> Options:
    """The options of requests through an API that has no sampling fields."""
    return Options.from_values(temperature=0.0, max_tokens=max_tokens, **_caller_values(caller))


def least_urgent_options(caller: Caller, *, cache_salt: str | None = None) -> Options:
    """The options of requests that make way for all others."""
    return Options.from_values(**_caller_values(caller, priority=LEAST_URGENT, cache_salt=cache_salt))


def _given_params(fields: SharedSamplingFields) -> dict[str, Any]:
    """The engine's sampling parameters that the client gave: the fields of both definitions, matched by name.

    JSON has lists where the engine has tuples.
    """
    wire = SamplingFields if isinstance(fields, SamplingFields) else SharedSamplingFields
    names = wire.model_fields.keys() & set(SamplingParams.__struct_fields__)
    given = {name: value for name in names if (value := getattr(fields, name)) is not None}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def _token_rules(fields: TokenFields, settings: Settings) -> dict[str, Any]:
    """The options of these fields. Raises ApiError."""
    allowed, words = fields.allowed_token_ids or [], fields.bad_words or []
    check_limit("allowed_token_ids", len(allowed), settings.max_logit_bias, "tokens")
    check_limit("bad_words", len(words), settings.max_logit_bias, "words")
    check_limit("bad_words", max(map(len, words), default=0), settings.max_stop_length, "characters in a word")
    return {
        "allowed_token_ids": tuple(dict.fromkeys(allowed)),
        "bad_words": tuple(words),
        "truncate_prompt_tokens": fields.truncate_prompt_tokens,
    }


def _caller_values(caller: Caller, *, priority: int | None = None, cache_salt: str | None = None) -> dict[str, Any]:
    """Options that depend on the key of the request. Raises ApiError."""
    return queue_place(caller, priority) | {"cache_salt": caller.cache_salt(cache_salt or "")}


def queue_place(caller: Caller, priority: int | None = None) -> dict[str, Any]:
    """The options ``priority`` and ``tenant`` of a request, of a language model or an encoder. Raises ApiError."""
    return {"priority": _priority(priority, caller), "tenant": caller.name}


def check_limit(param: str, value: int, limit: int, unit: str = "") -> None:
    """Raises ApiError (400) if the value of the field ``param`` is over the limit. ``unit`` is for its message."""
    if value > limit:
        raise invalid(param, f"{param}: {value} {unit}".rstrip() + f" is more than the limit of {limit}")


def _priority(requested: int | None, caller: Caller) -> int:
    """The priority of a request. Raises ApiError (403) if the caller asks for a more urgent one than allowed."""
    if requested is None:
        return max(0, caller.priority)
    if requested < caller.priority:
        message = f"priority: {requested} is more urgent than the {caller.priority} that the key may have"
        raise ApiError(403, message, param="priority", code="priority_not_allowed")
    return requested
