"""The payload of the task text-classification."""

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_CHARACTERS, MAX_TEXTS, RequestModel, encodable

_PAIR_FIELDS = ({"text"}, {"text", "text_pair"})


def _check_inputs(value: Any) -> Any:
    """The value as a list of texts or a list of pairs. Raises PydanticCustomError for anything else."""
    inputs = value if isinstance(value, list) else [value]
    if not inputs or len(inputs) > MAX_TEXTS:
        raise PydanticCustomError("inputs", "Input should be 1 to {most} texts", {"most": MAX_TEXTS})
    found = [_as_text_or_pair(each) for each in inputs]
    if len({type(each) for each in found}) > 1:
        raise PydanticCustomError("inputs", "Input should be all texts or all pairs of texts")
    return found


def _as_text_or_pair(value: Any) -> str | tuple[str, str]:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict) and set(value) in _PAIR_FIELDS and all(isinstance(text, str) for text in value.values()):
        texts = [encodable(value[name]) for name in sorted(value)]
        return texts[0] if len(texts) == 1 else (texts[0], texts[1])
    raise PydanticCustomError("inputs", "Input should be a text, an object with text and text_pair, or a list of these")


_TEXT = {"type": "string", "maxLength": MAX_CHARACTERS}
_PAIR = {
    "type": "object",
    "properties": {"text": _TEXT, "text_pair": _TEXT},
    "required": ["text"],
    "additionalProperties": False,
}
_SCHEMA = {
    "anyOf": [
        _TEXT,
        _PAIR,
        {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": MAX_TEXTS},
        {"type": "array", "items": _PAIR, "minItems": 1, "maxItems": MAX_TEXTS},
    ]
}
ClassificationInputs = Annotated[
    list[str] | list[tuple[str, str]], PlainValidator(_check_inputs), WithJsonSchema(_SCHEMA)
]


class ClassificationParameters(RequestModel):
    """Which labels to return, and with which scores."""

    top_k: Annotated[int | None, Field(ge=1, le=1 << 16, description="The number of labels. Default: all.")] = None
    function_to_apply: Annotated[
        Literal["softmax", "sigmoid", "none"] | None,
        Field(description="From logits to scores. Default: what fits the model."),
    ] = None
    truncate: Annotated[
        bool | None, Field(description="Cut texts that have too many tokens. Default: refuse them.")
    ] = None


class TextClassificationRequest(RequestModel):
    """The payload of the task text-classification."""

    inputs: Annotated[ClassificationInputs, Field(description="Texts, or objects with text and text_pair.")]
    parameters: ClassificationParameters | None = None


EXAMPLES = request_examples(
    TextClassificationRequest,
    **{"text-classification": {"inputs": "I like you.", "parameters": {"top_k": 2, "function_to_apply": "softmax"}}},
)
