"""Examples of request bodies for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel


def request_examples(model: type[BaseModel], **bodies: dict[str, Any]) -> dict[str, Any]:
    """The bodies as OpenAPI examples, by name. Raises ValidationError if one is no valid body of the model."""
    for body in bodies.values():
        model.model_validate(body)
    return {name: {"value": body} for name, body in bodies.items()}
