"""What request bodies share: the base model and bounded types.

Values are strict (no "5" for 5), and every number, string and list has a bound. Limits that an operator may lower are
settings; they are checked where the body is converted.
"""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

MAX_TOKENS = 1 << 24  # more than any context length; the engine knows what really fits
TOKEN_ID_BOUND = 1 << 24
SEED_BOUND = 1 << 63
MAX_CHARACTERS = 1 << 24  # of any text; the whole body is bounded in bytes
MAX_TEXTS = 1 << 12  # of any list of texts or objects
MAX_IDS = 1 << 20  # tokens of any list
MAX_STOP = 1 << 16  # characters of a stop string
MAX_BIASES = 1 << 16


class RequestModel(BaseModel):
    """A part of a request. Unknown fields are kept, so that the answer can name them."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False, frozen=True)


def contradiction(param: str, message: str) -> PydanticCustomError:
    """The error of a validator of a whole model for fields that exclude each other. ``param`` is one of them."""
    return PydanticCustomError("contradiction", message, {"param": param})


def encodable(text: str) -> str:
    """The text itself. Raises PydanticCustomError for half a surrogate pair, which JSON can spell and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("unicode", "Input should be valid Unicode: it holds half a surrogate pair") from None
    return text


def _text_or_texts(value: Any) -> Any:
    texts = _as_list(value)
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise PydanticCustomError("texts", "Input should be a text or a list of texts")
    if len(texts) > MAX_TEXTS:
        raise PydanticCustomError("too_long", "Input should be at most {most} texts", {"most": MAX_TEXTS})
    for text in texts:
        encodable(text)
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_logit_bias(value: Any) -> Any:
    """JSON has only string keys: here token ids in decimal. Only the first mistake is reported; there may be many."""
    if not isinstance(value, dict):
        return value
    if len(value) > MAX_BIASES:
        raise PydanticCustomError("too_long", "Input should be at most {most} entries", {"most": MAX_BIASES})
    biases = {}
    for key, bias in value.items():
        if not (isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) < 8):
            raise PydanticCustomError("token_id", "Keys should be token ids in decimal, such as '15496'")
        if type(bias) not in (int, float) or not -100 <= bias <= 100:
            raise PydanticCustomError("bias", "Values should be numbers from -100 to 100")
        biases[int(key)] = bias
    return biases


def texts_schema(longest: int = MAX_CHARACTERS, most: int = MAX_TEXTS) -> dict[str, Any]:
    """The schema of a text, or of a list of texts."""
    text = {"type": "string", "maxLength": longest}
    return {"anyOf": [text, {"type": "array", "items": text, "maxItems": most}]}


Text = Annotated[str, AfterValidator(encodable), Field(max_length=MAX_CHARACTERS)]
ModelName = Annotated[Text | None, Field(max_length=512, description="The served model; may be left out.")]
TokenId = Annotated[int, Field(ge=0, lt=TOKEN_ID_BOUND)]
NonEmpty = Annotated[Text, Field(min_length=1)]
TextOrTexts = Annotated[
    list[Text],
    Field(fail_fast=True),
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=MAX_TEXTS),
    WithJsonSchema(texts_schema()),
]
# The same where the answer depends on it: a text for a text, a list for a list.
OneOrSeveral = Annotated[str | list[str], PlainValidator(_text_or_texts), WithJsonSchema(texts_schema())]
LanguageName = Annotated[Text, Field(min_length=1, max_length=100, description="A name or a BCP-47 code.")]
Alternatives = Annotated[int | None, Field(ge=0, le=1024, description="Further translations of each text.")]
StopString = Annotated[NonEmpty, Field(max_length=MAX_STOP)]
Stop = Annotated[
    list[StopString], BeforeValidator(_as_list), Field(max_length=1024), WithJsonSchema(texts_schema(MAX_STOP, 1024))
]
LogitBias = Annotated[
    dict[TokenId, Annotated[float, Field(ge=-100, le=100)]],
    BeforeValidator(_as_logit_bias),
    Field(max_length=MAX_BIASES),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100},
            "maxProperties": MAX_BIASES,
        }
    ),
]
