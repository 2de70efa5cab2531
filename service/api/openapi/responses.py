"""The answers of routes in the OpenAPI document. They are declared by examples, whose classes are the response models.

``@openapi_responses(EXAMPLE)`` above an endpoint says that its answer is of the example's class. The schema is
generated from the class, and the example is encoded as an answer is. Errors are added for the statuses of the route.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from fastapi.routing import APIRoute

from service.api.errors import error_response
from service.api.openapi.error_examples import ERROR_EXAMPLES
from service.api.responses.event_stream import SERVER_SENT_EVENTS, StreamForm
from service.api.wire.response_model import JsonBody, ResponseModel

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

SCHEMAS = "#/components/schemas/"
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointResponses:
    """The answers of one endpoint. ``examples`` has one instance of each kind of answer, the one to show first.

    ``events`` are the events of an example stream in this ``form``. ``status`` is that of a request that succeeds:
    with 204 there is no body. ``others`` are examples of further answers that are not errors, by status. ``is_file``:
    the answer may be a file of any type.
    """

    examples: Sequence[JsonBody]
    events: Sequence[ResponseModel] = ()
    form: StreamForm = SERVER_SENT_EVENTS
    status: int = 200
    errors: Collection[int] = tuple(ERROR_EXAMPLES)
    others: Mapping[int, tuple[str, ResponseModel]] = field(default_factory=dict)
    is_file: bool = False

    def models(self, route: APIRoute) -> Iterator[type[ResponseModel]]:
        """The classes of all answers."""
        for example in (*self.examples, *self.events, *(example for _, example in self.others.values())):
            if isinstance(item := _innermost(example), ResponseModel):
                yield type(item)
        if self.errors:
            yield type(_error(route, self.errors))

    def describe(self, route: APIRoute) -> dict[str, Any]:
        """The ``responses`` of the operation."""
        content: dict[str, Any] = {}
        if self.examples:
            content[_JSON] = {"schema": _any_of(self.examples), "example": _encoded(self.examples[0])}
        if self.events:
            stream = b"".join(map(self.form.event, self.events)) + self.form.done
            content[self.form.media_type] = {
                "schema": {"type": "string"},
                "x-itemSchema": _any_of(self.events),  # the schema of each event's data
                "example": stream.decode(),
            }
        if self.is_file:
            content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
        description = "The answer, or with `stream` its events." if len(content) > 1 else "The answer."
        described: dict[str, Any] = {str(self.status): {"description": description, "content": content}}
        if self.status == 204:
            described = {"204": {"description": "It is done."}}
        for status, (description, example) in self.others.items():
            described[str(status)] = _described(description, example)
        error_format = getattr(route, "error_format", error_response)
        statuses = getattr(route, "error_statuses", {})
        for status in sorted(self.errors):
            description, error = ERROR_EXAMPLES[status]
            described[str(statuses.get(status, status))] = _described(description, error_format(error))
        return described


_responses: dict[Callable[..., Any], EndpointResponses] = {}


def openapi_responses(
    *examples: JsonBody,
    events: Sequence[ResponseModel] = (),
    form: StreamForm = SERVER_SENT_EVENTS,
    status: int = 200,
    errors: Collection[int] = tuple(ERROR_EXAMPLES),
    others: Mapping[int, tuple[str, ResponseModel]] | None = None,
    is_file: bool = False,
) -> Callable[[Endpoint], Endpoint]:
    """A decorator for endpoints: their answers in the OpenAPI document (see ``EndpointResponses``)."""

    def describe(endpoint: Endpoint) -> Endpoint:
        _responses[endpoint] = EndpointResponses(
            examples=examples,
            events=events,
            form=form,
            status=status,
            errors=errors,
            others=others or {},
            is_file=is_file,
        )
        return endpoint

    return describe


def responses_of(route: APIRoute) -> EndpointResponses | None:
    """The answers of the route's endpoint, if they were declared."""
    return _responses.get(route.endpoint)


def _described(description: str, example: JsonBody) -> dict[str, Any]:
    content = {_JSON: {"schema": _any_of([example]), "example": _encoded(example)}}
    return {"description": description, "content": content}


def _any_of(examples: Sequence[JsonBody]) -> dict[str, Any]:
    """The schema of the examples' classes."""
    schemas = []
    for example in examples:
        if (schema := _schema(example)) not in schemas:
            schemas.append(schema)
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _schema(example: JsonBody | float) -> dict[str, Any]:
    match example:
        case ResponseModel():
            return {"$ref": SCHEMAS + type(example).__name__}
        case float():
            return {"type": "number"}
    return {"type": "array", "items": _schema(example[0])}


def _innermost(example: JsonBody | float) -> ResponseModel | float:
    """The first object or number of an example, which may be a list of lists."""
    return example if isinstance(example, ResponseModel | float) else _innermost(example[0])


def _encoded(example: JsonBody) -> Any:
    return msgspec.to_builtins(example)


def _error(route: APIRoute, statuses: Collection[int]) -> ResponseModel:
    _, error = ERROR_EXAMPLES[min(statuses)]
    return getattr(route, "error_format", error_response)(error)
