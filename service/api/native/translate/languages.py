"""The answer of ``GET /v1/languages``."""

from collections.abc import Mapping, Sequence

from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.wire.response_model import ResponseModel
from service.tasks.text.languages import Language


class LanguageTargets(ResponseModel):
    """A language, and the languages that it can be translated to."""

    code: str
    name: str
    targets: list[str]


class LanguagesResponse(ResponseModel):
    """All languages of the served models. ``model`` is the default for translation."""

    model: str
    languages: list[LanguageTargets]

    @classmethod
    def from_languages(cls, model: str, languages: Mapping[Language, Sequence[Language]]) -> "LanguagesResponse":
        """Languages with those that each is translated to."""
        return cls(
            model,
            [
                LanguageTargets(each.code, each.name, [target.code for target in targets])
                for each, targets in languages.items()
            ],
        )


EXAMPLE = LanguagesResponse(EXAMPLE_MODEL, [LanguageTargets("en", "English", ["zh", "fr"])])
