"""Reads streams of compatible APIs."""

import json
from typing import Any

import httpx


def tgi_events(response: httpx.Response) -> list[dict[str, Any]]:
    """The events of TGI's streams, which have no end mark."""
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, rest = response.text.split("\n\n")
    assert rest == ""
    return [json.loads(event.removeprefix("data: ")) for event in events]
