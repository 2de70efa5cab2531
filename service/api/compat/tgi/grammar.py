"""The field ``grammar``: the structure of the text, as TGI's clients ask for it."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.requests.fields import MAX_CHARACTERS, RequestModel
from service.errors import InvalidOption
from service.tasks.structure.structure import Structure

_PARAM = "parameters.grammar"


class TgiGrammar(RequestModel):
    """A JSON schema, as an object or as its text, or a regular expression."""

    type: Literal["json", "json_object", "json_schema", "regex"]
    value: Annotated[
        Annotated[str, Field(max_length=MAX_CHARACTERS)] | dict[str, Any],
        Field(description="The schema or the expression; for json_schema an object with name and schema."),
    ]

    def structure(self) -> Structure:
        """The structure. Raises InvalidOption for a value that is unusable."""
        if self.type == "regex":
            if not isinstance(self.value, str):
                raise InvalidOption(f"{_PARAM}: a regex needs a value that is a text", param=_PARAM)
            return Structure.regex(self.value, _PARAM)
        schema = _parsed(self.value) if isinstance(self.value, str) else self.value
        if self.type == "json_schema" and isinstance(schema, dict):
            schema = schema.get("schema")
        if not isinstance(schema, dict):
            raise InvalidOption(f"{_PARAM}: the schema should be an object", param=_PARAM)
        return Structure.json_schema(schema, _PARAM)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidOption(f"{_PARAM}: the value is not valid JSON", param=_PARAM) from None
