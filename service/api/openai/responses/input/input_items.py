"""The items of a request's input."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, GetJsonSchemaHandler, Tag, WithJsonSchema, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from service.api.openai.responses.items import (
    FunctionCallItem,
    FunctionCallOutputItem,
    InputText,
    Item,
    ItemStatus,
    MessageItem,
    OutputText,
    ReasoningItem,
    ReasoningText,
    Role,
    SummaryText,
    new_id,
)
from service.api.requests.fields import MAX_CHARACTERS, MAX_TEXTS, RequestModel, Text, contradiction

ItemId = Annotated[Text, Field(min_length=1, max_length=256)]

_FILES = {"input_image", "input_file", "input_audio"}


def _join(*kinds: str) -> Callable[[Any], Any]:
    """A validator that joins parts of these kinds. It raises PydanticCustomError for a part of another kind."""

    def join(content: Any) -> Any:
        if not isinstance(content, list):
            return content
        if len(content) > MAX_TEXTS:
            raise PydanticCustomError("too_long", "Input should be at most {most} parts", {"most": MAX_TEXTS})
        texts = []
        for i, part in enumerate(content):
            kind = part.get("type") if isinstance(part, dict) else None
            text = part.get("refusal" if kind == "refusal" else "text") if isinstance(part, dict) else None
            if kind in kinds and isinstance(text, str):
                texts.append(text)
                continue
            what = f"an {kind}" if isinstance(kind, str) and kind in _FILES else "no text part"
            raise PydanticCustomError("part", "Part {i} is {what}; the model reads text only", {"i": i, "what": what})
        return "".join(texts)

    return join


def _joined(*kinds: str) -> Any:
    """A text, or a list of parts of these kinds."""
    text = {"type": "string", "maxLength": MAX_CHARACTERS}
    part = {"type": "object", "properties": {"type": {"enum": list(kinds)}, "text": text}, "required": ["type"]}
    parts = {"type": "array", "items": part, "maxItems": MAX_TEXTS}
    return Annotated[Text, BeforeValidator(_join(*kinds)), WithJsonSchema({"anyOf": [text, parts]})]


class _InputItem(RequestModel):
    id: ItemId | None = None
    status: ItemStatus | None = None


class InputMessage(_InputItem):
    """A message. ``phase`` labels messages for models that know it, and changes nothing here."""

    type: Literal["message"] = "message"
    role: Role
    content: _joined("input_text", "output_text", "refusal")  # type: ignore[valid-type]
    phase: Literal["commentary", "final_answer"] | None = None

    def item(self) -> Item:
        part = OutputText(self.content) if self.role == "assistant" else InputText(self.content)
        return MessageItem(self.id or new_id("msg"), self.role, [part], self.status or "completed")


class InputFunctionCall(_InputItem):
    """A call that the model made in an earlier turn."""

    type: Literal["function_call"]
    call_id: ItemId
    name: Annotated[Text, Field(max_length=256)]
    arguments: Text

    def item(self) -> Item:
        return FunctionCallItem(
            self.id or new_id("fc"), self.call_id, self.name, self.arguments, self.status or "completed"
        )


class InputFunctionCallOutput(_InputItem):
    """The result of a call."""

    type: Literal["function_call_output"]
    call_id: ItemId
    output: _joined("input_text", "output_text")  # type: ignore[valid-type]

    def item(self) -> Item:
        return FunctionCallOutputItem(self.id or new_id("fco"), self.call_id, self.output, self.status or "completed")


class InputReasoning(_InputItem):
    """What the model thought in an earlier turn."""

    type: Literal["reasoning"]
    summary: _joined("summary_text") | None = None  # type: ignore[valid-type]
    content: _joined("reasoning_text") | None = None  # type: ignore[valid-type]
    encrypted_content: Text | None = None

    @model_validator(mode="after")
    def _readable(self) -> "InputReasoning":
        if self.encrypted_content and not self.content:
            raise contradiction("encrypted_content", "encrypted_content cannot be read here; send the content")
        return self

    def item(self) -> Item:
        return ReasoningItem(
            self.id or new_id("rs"),
            [SummaryText(self.summary)] if self.summary else [],
            [ReasoningText(self.content)] if self.content else [],
            self.status or "completed",
        )


class ItemReference(RequestModel):
    """An item of a stored response."""

    type: Literal["item_reference"] | None = None
    id: ItemId


def _kind(value: Any) -> str | None:
    """The tag of an item. Brackets keep tags out of the names of fields in errors."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind is None and isinstance(value, dict):
        kind = "message" if "role" in value else "item_reference"
    return f"[{kind}]" if isinstance(kind, str) else None


InputItem = Annotated[
    Annotated[InputMessage, Tag("[message]")]
    | Annotated[InputFunctionCall, Tag("[function_call]")]
    | Annotated[InputFunctionCallOutput, Tag("[function_call_output]")]
    | Annotated[InputReasoning, Tag("[reasoning]")]
    | Annotated[ItemReference, Tag("[item_reference]")],
    Discriminator(
        _kind,
        custom_error_type="item",
        custom_error_message=(
            "Input should have the type message, function_call, function_call_output, reasoning or item_reference; "
            "there are no built-in tools here"
        ),
    ),
]


def _as_items(value: Any) -> Any:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class _OrText:
    """In the OpenAPI document: a text, too."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "maxLength": MAX_CHARACTERS}, handler(schema)]}


Input = Annotated[
    list[InputItem],
    Field(fail_fast=True),
    BeforeValidator(_as_items),
    Field(max_length=MAX_TEXTS, description="A text, or the items of the conversation so far."),
    _OrText(),
]
