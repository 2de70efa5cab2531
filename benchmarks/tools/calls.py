"""Whether calls are valid, and whether they are the right ones."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema

from benchmarks.tools.questions import RightCall, ToolQuestion

Call = tuple[str, str]  # the name and the arguments, which may not be JSON
_LEFT_OUT = ""  # among the right values: the argument may be left out
_IGNORED_IN_TEXTS = set(" ,./-_*^'\"")


def is_valid(call: Call, question: ToolQuestion) -> bool:
    """Whether the tool exists and the arguments validate against its schema."""
    schema = next((tool.schema for tool in question.tools if tool.name == call[0]), None)
    if schema is None:
        return False
    try:
        jsonschema.validate(json.loads(call[1]), schema)
    except (ValueError, jsonschema.ValidationError):
        return False
    return True


def are_right(calls: Sequence[Call], question: ToolQuestion) -> bool:
    """Whether the calls are the right ones, in any order, and no others."""
    if len(calls) != len(question.right):
        return False
    left = list(question.right)
    for call in calls:
        match = next((right for right in left if _is_right(call, right)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _is_right(call: Call, right: RightCall) -> bool:
    name, expected = right
    try:
        arguments = json.loads(call[1])
    except ValueError:
        return False
    if call[0] != name or not isinstance(arguments, dict) or not arguments.keys() <= expected.keys():
        return False
    return all(
        _is_among(arguments[key], values) if key in arguments else _LEFT_OUT in values
        for key, values in expected.items()
    )


def _is_among(value: Any, accepted: Sequence[Any]) -> bool:
    return any(_equal(value, each) for each in accepted)


def _equal(value: Any, right: Any) -> bool:
    """Whether two values mean the same. In objects of the data, each key has a list of right values."""
    if isinstance(right, Mapping):
        return (
            isinstance(value, Mapping)
            and value.keys() <= right.keys()
            and all(
                _is_among(value[key], values) if key in value else _LEFT_OUT in values for key, values in right.items()
            )
        )
    if isinstance(right, list):
        return isinstance(value, list) and len(value) == len(right) and all(map(_equal, value, right))
    if isinstance(right, str):
        return isinstance(value, str) and _plain(value) == _plain(right)
    return type(value) in (int, float, bool) and isinstance(value, bool) == isinstance(right, bool) and value == right


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character not in _IGNORED_IN_TEXTS)
