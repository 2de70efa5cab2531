"""The fields by which clients of several APIs ask for structured output."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from service.api.requests.fields import MAX_CHARACTERS, MAX_TEXTS, NonEmpty, RequestModel
from service.errors import InvalidOption
from service.tasks.structure.structure import Structure

_Notation = Annotated[NonEmpty, Field(max_length=MAX_CHARACTERS)]
_Choices = Annotated[list[NonEmpty], Field(min_length=1, max_length=MAX_TEXTS)]
JsonSchema = dict[str, Any] | bool


class NamedSchema(RequestModel):
    """OpenAI's ``json_schema``. ``strict`` false is the same as true: the output always validates."""

    model_config = ConfigDict(populate_by_name=True)

    name: Annotated[str | None, Field(max_length=256)] = None
    description: Annotated[str | None, Field(max_length=MAX_CHARACTERS)] = None
    schema_: Annotated[JsonSchema | None, Field(alias="schema")] = None
    strict: bool | None = None


class ResponseFormat(RequestModel):
    """OpenAI's ``response_format``. Hugging Face's clients have the schema in ``value``, llama.cpp's in ``schema``."""

    model_config = ConfigDict(populate_by_name=True)

    type: Literal["text", "json_object", "json_schema", "json", "regex"]
    json_schema: NamedSchema | None = None
    schema_: Annotated[JsonSchema | None, Field(alias="schema")] = None
    value: Annotated[JsonSchema | str | None, Field(description="A schema, or a regular expression.")] = None

    def structure(self) -> Structure | None:
        """The structure; None for text. Raises InvalidOption for a part that is missing or unusable."""
        param = "response_format"
        if self.type == "text":
            return None
        if self.type == "regex":
            if not isinstance(self.value, str):
                raise InvalidOption("response_format: a regex needs a value that is a text", param=param)
            return Structure.regex(self.value, param)
        named = None if self.json_schema is None else self.json_schema.schema_
        schema = next((each for each in (named, self.schema_, self.value) if each is not None), None)
        if isinstance(schema, str):
            raise InvalidOption("response_format: the schema should be an object", param=param)
        if schema is not None:
            return Structure.json_schema(schema, param)
        if self.type == "json_schema":
            raise InvalidOption("response_format: json_schema needs a schema", param=param)
        return Structure.json_object(param)


class StructuredOutputs(RequestModel):
    """vLLM's ``structured_outputs``: exactly one of its fields is given."""

    json_: Annotated[JsonSchema | None, Field(alias="json")] = None
    json_object: bool | None = None
    regex: _Notation | None = None
    choice: _Choices | None = None
    grammar: _Notation | None = None

    model_config = ConfigDict(populate_by_name=True)


class StructureFields(RequestModel):
    """At most one of these fields may ask for a structure."""

    response_format: ResponseFormat | None = None
    structured_outputs: Annotated[StructuredOutputs | None, Field(description="As in vLLM.")] = None
    guided_json: Annotated[JsonSchema | None, Field(description="vLLM's older name of structured_outputs.json.")] = None
    guided_regex: Annotated[_Notation | None, Field(description="The same for a regular expression.")] = None
    guided_choice: Annotated[_Choices | None, Field(description="The same for a list of texts.")] = None
    guided_grammar: Annotated[_Notation | None, Field(description="The same for a grammar.")] = None

    def structure(self) -> Structure | None:
        """The structure that is asked for, if any. Raises InvalidOption for several, or for one that is unusable."""
        found = list(self._structures())
        if len(found) > 1:
            names = " and ".join(each.param for each in found[:2])
            raise InvalidOption(f"{names} exclude each other", param=found[1].param)
        return found[0] if found else None

    def _structures(self) -> Iterator[Structure]:
        if self.response_format is not None and (structure := self.response_format.structure()) is not None:
            yield structure
        outputs = self.structured_outputs or StructuredOutputs()
        for prefix, fields in (
            ("structured_outputs.", (outputs.json_, outputs.regex, outputs.choice, outputs.grammar)),
            ("guided_", (self.guided_json, self.guided_regex, self.guided_choice, self.guided_grammar)),
        ):
            schema, regex, choice, grammar = fields
            if schema is not None:
                yield Structure.json_schema(schema, f"{prefix}json")
            if regex is not None:
                yield Structure.regex(regex, f"{prefix}regex")
            if choice is not None:
                yield Structure.choice(choice, f"{prefix}choice")
            if grammar is not None:
                yield Structure.grammar(grammar, f"{prefix}grammar")
        if outputs.json_object:
            yield Structure.json_object("structured_outputs.json_object")
