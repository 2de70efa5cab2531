"""The bodies of LibreTranslate's routes."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import Alternatives, LanguageName, OneOrSeveral, RequestModel, Text

ApiKey = Annotated[Text | None, Field(max_length=512, description="The API key, if the service has keys.")]


class LibreTranslateRequest(RequestModel):
    """A text or a list of texts to translate."""

    q: Annotated[OneOrSeveral, Field(description="A text or a list of texts.")]
    source: Annotated[LanguageName, Field(description="A language, or auto to detect the language of each text.")]
    target: LanguageName
    format: Annotated[Literal["text", "html"] | None, Field(description="Default: text.")] = None
    alternatives: Alternatives = None
    api_key: ApiKey = None


class LibreDetectRequest(RequestModel):
    """A text whose language is to be detected."""

    q: Annotated[Text, Field(description="A text.")]
    api_key: ApiKey = None


TRANSLATE_EXAMPLES = request_examples(
    LibreTranslateRequest,
    text={"q": "Hello, how are you?", "source": "en", "target": "fr"},
    list={"q": ["Good morning.", "<b>Thanks</b>"], "source": "auto", "target": "de", "format": "html"},
)
DETECT_EXAMPLES = request_examples(LibreDetectRequest, text={"q": "Bonjour tout le monde"})
