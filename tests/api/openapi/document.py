"""Compares real answers with the OpenAPI document."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs

from tests.api.scripted import Scripted
from tests.running_server import Server

Schema = dict[str, Any]


class Document:
    """The document of a running service."""

    def __init__(self, service: Scripted | Server) -> None:
        self._document: Schema = service.http.get("/openapi.json").json()
        self._components = {"components": _strict(self._document["components"])}
        self._validators: dict[str, jsonschema_rs.Validator] = {}  # by the schema's JSON: each compiles all components

    def operations(self) -> Iterator[tuple[str, str]]:
        """Method and path of each operation."""
        for path, operations in self._document["paths"].items():
            for method in operations:
                yield method.upper(), path

    def statuses(self, method: str, path: str) -> set[int]:
        """The statuses that an operation is documented to have."""
        return {int(status) for status in self._operation(method, path)["responses"]}

    def success(self, method: str, path: str) -> Schema:
        """What the document says about the answer to a good request."""
        answers = self._operation(method, path)["responses"]
        return next(answers[status] for status in ("200", "201", "204") if status in answers)

    def examples(self) -> Iterator[tuple[str, Schema, Any]]:
        """Each example of an answer: its place, its schema, and the example."""
        for method, path in self.operations():
            for status, answer in self._operation(method, path)["responses"].items():
                content = answer.get("content", {}).get("application/json", {})
                if "example" in content:
                    yield f"{method} {path} {status}", content["schema"], content["example"]
            content = self.success(method, path).get("content", {})
            for media_type, read in _STREAMS.items():
                if (stream := content.get(media_type)) is not None:
                    for event in read(stream["example"], path):
                        yield f"{method} {path} event", stream["x-itemSchema"], event

    def check(self, response: httpx.Response, path: str) -> None:
        """Assert that the answer is documented for its status, and that every field is as documented."""
        answer = self._operation(response.request.method, path)["responses"][str(response.status_code)]
        if response.status_code == 204:
            assert "content" not in answer
            assert not response.content
            return
        media_type = response.headers["content-type"].partition(";")[0]
        content = answer["content"].get(media_type) or answer["content"]["application/octet-stream"]
        if media_type == "application/json":
            self.validate(content["schema"], response.json())
        elif media_type in _STREAMS:
            events = _STREAMS[media_type](response.text, path)
            assert events
            for event in events:
                self.validate(content["x-itemSchema"], event)

    def validate(self, schema: Schema, value: Any) -> None:
        """Raises ValidationError for a field that is missing, undeclared, or of another type."""
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.validator_for(_strict(schema) | self._components)
        self._validators[key].validate(value)

    def _operation(self, method: str, path: str) -> Schema:
        operation: Schema = self._document["paths"][path][method.lower()]
        return operation


def sse_events(stream: str, path: str) -> list[Any]:
    """The JSON of all events but the end mark, which streams of TGI and of named events do not have."""
    *blocks, rest = stream.split("\n\n")
    assert rest == ""
    if blocks[-1].startswith("event: "):
        return [json.loads(block.partition("\ndata: ")[2]) for block in blocks]
    if not path.startswith(_WITHOUT_END_MARK) and path != "/":
        assert blocks.pop() == "data: [DONE]"
    return [json.loads(block.removeprefix("data: ")) for block in blocks if not block.startswith(":")]


def json_lines(stream: str, path: str) -> list[Any]:
    """The objects of a stream of lines."""
    assert stream.endswith("\n")
    return [json.loads(line) for line in stream.splitlines()]


_WITHOUT_END_MARK = ("/completion", "/infill", "/generate_stream", "/models/{id}", "/pipeline/")
_STREAMS = {"text/event-stream": sse_events, "application/x-ndjson": json_lines}


def _strict(node: Any) -> Any:
    """The schema, in which objects have no undeclared fields."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _strict(value) for key, value in node.items() if key not in {"example", "examples"}}
    if "properties" in node:
        node.setdefault("additionalProperties", False)
    return node
