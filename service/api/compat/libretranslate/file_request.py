"""The form of LibreTranslate's ``/translate_file``."""

from typing import Annotated, Any

from pydantic import Field

from service.api.compat.libretranslate.request import ApiKey
from service.api.requests.fields import LanguageName, RequestModel


class LibreFileForm(RequestModel):
    """The fields beside the file."""

    source: Annotated[LanguageName, Field(description="A language, or auto to detect the language of the file.")]
    target: LanguageName
    api_key: ApiKey = None


EXAMPLES: dict[str, Any] = {"text": {"value": {"source": "en", "target": "fr", "file": "Good morning.\n"}}}
