"""Bodies of LibreTranslate's routes."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from service.api.native.requests import Alternatives, Name
from service.api.requests.fields import OneOrSeveral, RequestModel, Text

ApiKey = Annotated[Text | None, Field(max_length=512, description="The key, if the service has any.")]


class TranslateRequest(RequestModel):
    """``POST /translate``."""

    q: Annotated[OneOrSeveral, Field(description="A text or a list of texts.")]
    source: Annotated[Name, Field(description="A language, or auto to detect that of each text.")]
    target: Name
    format: Annotated[Literal["text", "html"] | None, Field(description="Default: text.")] = None
    alternatives: Alternatives = None
    api_key: ApiKey = None


class DetectRequest(RequestModel):
    """``POST /detect``."""

    q: Annotated[Text, Field(description="A text.")]
    api_key: ApiKey = None


class Detected(BaseModel):
    """``confidence`` is a percentage."""

    confidence: float
    language: str


class Translated(BaseModel):
    translatedText: str | list[str]
    detectedLanguage: Detected | list[Detected] | None = None
    alternatives: list[str] | list[list[str]] | None = None


class Language(BaseModel):
    code: str
    name: str
    targets: list[str]
