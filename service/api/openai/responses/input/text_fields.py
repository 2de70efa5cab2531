"""The form of the answer's text."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from service.api.openai.responses.input.echoed_json import EchoedJson
from service.api.requests.fields import MAX_CHARACTERS, RequestModel, Text
from service.errors import InvalidOption
from service.tasks.structure.structure import Structure


class TextFormat(RequestModel):
    """A structure. ``strict`` false is the same as true: the output always validates."""

    model_config = ConfigDict(populate_by_name=True)

    type: Literal["text", "json_object", "json_schema"]
    name: Annotated[Text | None, Field(max_length=256)] = None
    description: Annotated[Text | None, Field(max_length=MAX_CHARACTERS)] = None
    schema_: Annotated[EchoedJson | None, Field(alias="schema")] = None
    strict: bool | None = None


class TextField(RequestModel):
    """The structure of the text. Its length cannot be asked for, so ``verbosity`` is medium."""

    format: TextFormat | None = None
    verbosity: Literal["medium"] | None = None

    def echo(self) -> dict[str, Any]:
        """The format as an answer repeats it."""
        format = self.format or TextFormat(type="text")
        values = {name: getattr(format, name) for name in ("type", "name", "description", "strict")}
        return {name: value for name, value in {**values, "schema": format.schema_}.items() if value is not None}

    def structure(self) -> Structure | None:
        """The structure; None for text. Raises InvalidOption for a schema that is missing or unusable."""
        if self.format is None or self.format.type == "text":
            return None
        if self.format.type == "json_object":
            return Structure.json_object("text.format")
        if self.format.schema_ is None:
            raise InvalidOption("text.format.schema: json_schema needs a schema", param="text.format.schema")
        return Structure.json_schema(self.format.schema_, "text.format.schema")
