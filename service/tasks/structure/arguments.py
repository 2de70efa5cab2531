"""The arguments of a tool: what of its schema a call obeys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from service.errors import InvalidOption
from service.tasks.structure.schema_text import schema_text, too_deep
from service.tasks.structure.schemas.relaxed import STEPS
from service.tasks.structure.structure import MOST_REMEMBERED, Structure


@dataclass(frozen=True, slots=True)
class ArgumentsSchema:
    """The schema that arguments always validate against, as ``schema_text`` writes it."""

    text: str
    left_out: tuple[str, ...] = ()  # the keywords of the client's schema that are not obeyed


def arguments_schema(schema: Mapping[str, Any], param: str, *, strict: bool) -> ArgumentsSchema:
    """The schema itself if it can be obeyed, otherwise without the keywords that cannot.

    Raises InvalidOption, which names ``param``, for what is no schema, and if ``strict`` for one that cannot be obeyed.
    It takes milliseconds, so it is called in a thread. Agents send their tools with every request, so what is found is
    remembered.
    """
    try:
        text = json.dumps(schema)
    except RecursionError:
        raise too_deep(param) from None
    find = _find if len(text) > MOST_REMEMBERED else _remembered
    return find(text, param, strict)


def _find(schema: str, param: str, strict: bool) -> ArgumentsSchema:
    refusal = None
    for keywords in (frozenset[str](), *STEPS):
        text, left_out = schema_text(json.loads(schema), param, without=keywords)
        try:
            Structure.from_text(text, param).check()
        except InvalidOption as error:
            refusal = refusal or error  # the first one names what cannot be obeyed
            if strict:
                break
        else:
            return ArgumentsSchema(text, tuple(left_out))
    assert refusal is not None
    raise refusal


_remembered = lru_cache(256)(_find)
