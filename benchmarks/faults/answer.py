"""What a client got, in a form that does not depend on how it was cut into events or how long it took."""

import json
from typing import Any

_VARYING = {"id", "created", "timings", "prompt_tokens_details"}
_TEXTS = {"text", "content"}
_END = "data: [DONE]"


def answer(body: str, *, stream: bool) -> dict[str, Any]:
    """Raises ValueError if it is not whole, or not an answer."""
    if not stream:
        events = [json.loads(body)]
    else:
        lines = [line for line in body.splitlines() if line.startswith("data: ")]
        if not lines or lines[-1] != _END:
            raise ValueError("a stream without an end")
        events = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    whole: dict[str, Any] = {}
    for event in events:
        if "error" in event:
            raise ValueError(str(event["error"]))
        _absorb(whole, event)
    return whole


def _absorb(whole: dict[str, Any], news: dict[str, Any]) -> None:
    """Texts and lists grow, what is numbered by its own number; of everything else the last is true."""
    for key, value in news.items():
        if key in _VARYING or value is None:
            continue
        if key in _TEXTS and isinstance(value, str):
            whole[key] = whole.get(key, "") + value
        elif isinstance(value, dict):
            _absorb(whole.setdefault(key, {}), value)
        elif key == "choices":
            for choice in value:
                _absorb(whole.setdefault(key, {}).setdefault(choice["index"], {}), choice)
        elif isinstance(value, list):
            whole[key] = whole.get(key, []) + value
        else:
            whole[key] = value
