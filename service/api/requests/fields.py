"""The base model of request bodies, and types with bounds.

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

MAX_TOKENS = 1 << 24  # more than any context length; the engine knows what fits
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
    """The error of a validator of a whole object for fields that exclude each other. ``param`` is one of them.

    It is the name within the object: the error gets the path to the object before it.
    """
    return PydanticCustomError("contradiction", message, {"param": param})


def encodable(text: str) -> str:
    """The text itself. Raises PydanticCustomError for half a surrogate pair, which JSON can spell and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("unicode", "Input should be valid Unicode: it holds half a surrogate pair") from None
    return text


def _check_texts(value: Any) -> Any:
    """The value itself. Raises PydanticCustomError unless it is a text or a list of texts, within the bounds."""
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
    """The biases by token id. In JSON the keys are strings, so they are token ids in decimal.

    Raises PydanticCustomError for the first mistake only, because there may be many.
    """
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


def texts_schema(max_length: int = MAX_CHARACTERS, max_items: int = MAX_TEXTS) -> dict[str, Any]:
    """The JSON schema of a text of at most ``max_length`` characters, or of a list of at most ``max_items`` of them."""
    text = {"type": "string", "maxLength": max_length}
    return {"anyOf": [text, {"type": "array", "items": text, "maxItems": max_items}]}


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
# A text or a list of texts, kept as it was sent: a text is answered with a text, a list with a list.
OneOrSeveral = Annotated[str | list[str], PlainValidator(_check_texts), WithJsonSchema(texts_schema())]
LanguageName = Annotated[Text, Field(min_length=1, max_length=100, description="A name or a BCP-47 code.")]
Pivot = Annotated[
    LanguageName | None,
    Field(
        description="A language to go through, if no translation model translates between the two: from the source to "
        "it, and from it to the target. Without it, no translation goes through another language."
    ),
]
SourceOfTexts = Annotated[LanguageName | None, Field(description="Without it, the language of each text is detected.")]
SourceOfFile = Annotated[
    LanguageName | None, Field(description="Without it, the language of the whole file is detected.")
]
TranslationContext = Annotated[
    Text | None, Field(max_length=10_000, description="Information for the model; it is not translated.")
]
Alternatives = Annotated[int | None, Field(ge=0, le=1024, description="Further translations of each text.")]
StopString = Annotated[NonEmpty, Field(max_length=MAX_STOP)]
Stop = Annotated[
    list[StopString], BeforeValidator(_as_list), Field(max_length=1024), WithJsonSchema(texts_schema(MAX_STOP, 1024))
]
Priority = Annotated[
    int | None,
    Field(ge=-1000, le=1000, description="Lower runs earlier; waiting makes more urgent. Default: 0."),
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
