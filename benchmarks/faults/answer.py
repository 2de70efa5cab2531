"""An answer in a form that does not depend on how it was cut into events, or on how long it took."""

import json
from typing import Any

_VARYING_FIELDS = {"id", "created", "timings", "prompt_tokens_details"}
_TEXT_FIELDS = {"text", "content"}
_PREFIX = "data: "
_DONE = "data: [DONE]"


def assemble_answer(body: str, *, stream: bool) -> dict[str, Any]:
    """All events of an answer as one object. Raises ValueError if the answer is incomplete, or is an error."""
    if not stream:
        events = [json.loads(body)]
    else:
        lines = [line for line in body.splitlines() if line.startswith(_PREFIX)]
        if not lines or lines[-1] != _DONE:
            raise ValueError("a stream without an end")
        events = [json.loads(line.removeprefix(_PREFIX)) for line in lines[:-1]]
    answer: dict[str, Any] = {}
    for event in events:
        if "error" in event:
            raise ValueError(str(event["error"]))
        _merge(answer, event)
    return answer


def _merge(answer: dict[str, Any], event: dict[str, Any]) -> None:
    """Add an event to the answer. Texts and lists grow, choices by their index; other values are replaced."""
    for key, value in event.items():
        if key in _VARYING_FIELDS or value is None:
            continue
        if key in _TEXT_FIELDS and isinstance(value, str):
            answer[key] = answer.get(key, "") + value
        elif isinstance(value, dict):
            _merge(answer.setdefault(key, {}), value)
        elif key == "choices":
            for choice in value:
                _merge(answer.setdefault(key, {}).setdefault(choice["index"], {}), choice)
        elif isinstance(value, list):
            answer[key] = answer.get(key, []) + value
        else:
            answer[key] = value
