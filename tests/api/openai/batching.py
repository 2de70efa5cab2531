"""Batches through the official client: inputs, uploads, and waiting for an end."""

import io
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from openai import OpenAI
from openai.types import Batch

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
ENDED = {"completed", "failed", "expired", "cancelled"}


def line(custom_id: str, body: dict[str, Any] | None = None, url: str = CHAT) -> dict[str, Any]:
    """A line of an input. Its body is a short chat unless another is given."""
    chat = {"messages": [{"role": "user", "content": f"Say {custom_id}."}], "max_tokens": 6}
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body or chat}


def jsonl(lines: Iterable[Any]) -> bytes:
    """The lines as a file. A text is taken as it is."""
    return b"".join((each if isinstance(each, str) else json.dumps(each)).encode() + b"\n" for each in lines)


def upload(client: OpenAI, lines: Iterable[Any], **fields: Any) -> str:
    """The id of a file with these lines."""
    data = io.BytesIO(jsonl(lines))
    return client.files.create(file=("requests.jsonl", data), purpose="batch", **fields).id


def begin(client: OpenAI, lines: Iterable[Any], endpoint: Any = CHAT, **fields: Any) -> Batch:
    """A new batch of these lines."""
    return client.batches.create(
        input_file_id=upload(client, lines), endpoint=endpoint, completion_window="24h", **fields
    )


def ended(client: OpenAI, id: str, seconds: float = 60.0) -> Batch:
    """The batch when it has ended."""
    deadline = time.monotonic() + seconds
    while (batch := client.batches.retrieve(id)).status not in ENDED:
        assert time.monotonic() < deadline, batch
    return batch


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Ask until it is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline


def completed(client: OpenAI, id: str) -> int:
    """The lines of a batch that have answers."""
    counts = client.batches.retrieve(id).request_counts
    assert counts is not None
    return counts.completed


def results(client: OpenAI, file_id: str | None) -> dict[str, Any]:
    """The lines of a result by their custom ids, each of which occurs once."""
    assert file_id is not None
    found = [json.loads(text) for text in client.files.content(file_id).text.splitlines()]
    by_id = {each["custom_id"]: each for each in found}
    assert len(by_id) == len(found)
    return by_id
