"""The answer of ``GET /v1/languages``."""

from collections.abc import Sequence

from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.wire.response_model import ResponseModel
from service.tasks.text.languages import Language


class LanguageTargets(ResponseModel):
    """A language, and the languages that it can be translated to."""

    code: str
    name: str
    targets: list[str]


class LanguagesResponse(ResponseModel):
    """All languages of the model."""

    model: str
    languages: list[LanguageTargets]

    @classmethod
    def from_languages(cls, model: str, languages: Sequence[Language]) -> "LanguagesResponse":
        """Languages that can all be translated to each other."""
        return cls(
            model,
            [
                LanguageTargets(each.code, each.name, [other.code for other in languages if other != each])
                for each in languages
            ],
        )


EXAMPLE = LanguagesResponse(EXAMPLE_MODEL, [LanguageTargets("en", "English", ["zh", "fr"])])
