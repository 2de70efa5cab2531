"""A client's JSON Schema as the text that llguidance reads."""

import json
from collections.abc import Mapping
from typing import Any

from service.errors import InvalidOption
from service.tasks.structure.schemas.closed_schema import closed
from service.tasks.structure.schemas.relaxed import relaxed
from service.tasks.structure.schemas.rewriting import Rewriting, SchemaTooLarge
from service.tasks.structure.schemas.void_keywords import without_void_keywords

MOST_NOTATION = 1 << 16  # characters of a schema or a grammar
_MOST_REWRITTEN = 1 << 18


def schema_text(
    schema: Mapping[str, Any] | bool, param: str, *, without: frozenset[str] = frozenset()
) -> tuple[str, list[str]]:
    """The schema in keywords that llguidance knows, as far as possible.

    ``without`` are keywords that are left out where they still stand then; the second value names those that were.
    Raises InvalidOption, which names ``param``, for a schema that is too long or too deep.
    """
    try:
        bounded(json.dumps(schema), param)
        if isinstance(schema, bool):
            schema = {} if schema else {"enum": []}
        rewritten, left_out = Rewriting(without_void_keywords(schema)).rewritten(), list[str]()
        if without:
            rewritten, left_out = relaxed(rewritten, without)
        text = json.dumps(closed(rewritten))
    except RecursionError:
        raise too_deep(param) from None
    except SchemaTooLarge:
        text = ""
    if not text or len(text) > _MOST_REWRITTEN:
        raise InvalidOption(f"{param}: the schema is too large", param=param)
    if '"x-guidance"' in text:
        raise InvalidOption(f"{param}: x-guidance is not a keyword of JSON Schema", param=param)
    return text, left_out


def too_deep(param: str) -> InvalidOption:
    """The error for a schema that is too deep."""
    return InvalidOption(f"{param}: the schema is too deep", param=param)


def bounded(text: str, param: str) -> str:
    """The text itself. Raises InvalidOption if it is too long."""
    if len(text) > MOST_NOTATION:
        message = f"{param}: {len(text):,} characters are more than the limit of {MOST_NOTATION:,}"
        raise InvalidOption(message, param=param)
    return text
