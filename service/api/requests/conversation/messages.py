"""Messages of a conversation."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.requests.fields import MAX_CHARACTERS, MAX_TEXTS, RequestModel, Text


def _join_parts(content: Any) -> Any:
    """Join text parts. Raises PydanticCustomError for a part of another type."""
    if not isinstance(content, list):
        return content
    if len(content) > MAX_TEXTS:
        raise PydanticCustomError("too_long", "Input should be at most {most} parts", {"most": MAX_TEXTS})
    texts = []
    for i, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise PydanticCustomError("content_part", "Part {i} is no text part; the model reads text only", {"i": i})
        texts.append(part["text"])
    return "".join(texts)


Content = Annotated[
    Text,
    BeforeValidator(_join_parts),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": MAX_CHARACTERS},
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "type": {"const": "text"},
                            "text": {"type": "string", "maxLength": MAX_CHARACTERS},
                        },
                        "required": ["type", "text"],
                    },
                    "maxItems": MAX_TEXTS,
                },
            ]
        }
    ),
]


class Message(RequestModel):
    """One turn of a conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[Content, Field(description="A text, or a list of text parts, which are joined.")]
    name: Annotated[Text | None, Field(max_length=256, description="Passed to the model's chat template.")] = None

    def turn(self) -> dict[str, str]:
        """The message for a chat template, which calls a developer the system."""
        role = "system" if self.role == "developer" else self.role
        return {"role": role, "content": self.content} | ({"name": self.name} if self.name else {})


Messages = Annotated[
    list[Message],
    Field(fail_fast=True),
    Field(min_length=1, max_length=MAX_TEXTS, description="The conversation so far."),
]
