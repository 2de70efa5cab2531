"""The forms of the audio routes."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from service.api.requests.fields import LanguageName, ModelName, RequestModel, Text, contradiction
from service.tasks.speech.options import TranscriptOptions

AnswerFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]
Granularity = Literal["segment", "word"]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class TranslationForm(RequestModel):
    """The fields beside the file, for a text in English."""

    model: ModelName = None
    prompt: Annotated[
        Text | None,
        Field(max_length=10_000, description="A text before the recording: its words and its style guide the model."),
    ] = None
    response_format: Annotated[AnswerFormat | None, Field(description="Default: json.")] = None
    temperature: Annotated[
        float | None,
        Field(ge=0, le=1, description="Default: 0, with higher temperatures where the result is doubtful."),
    ] = None

    @property
    def answer_format(self) -> AnswerFormat:
        return self.response_format or "json"

    def options(self, **values: Any) -> TranscriptOptions:
        """The fields as options; ``values`` are options that have no field."""
        return TranscriptOptions(
            prompt=self.prompt or "",
            temperature=self.temperature or 0.0,
            timestamps=True,  # without them a model often stops before the end of a window
            no_speech=self.answer_format == "verbose_json",
            **values,
        )


class TranscriptionForm(TranslationForm):
    """The fields beside the file, for a text in the language that is spoken."""

    language: Annotated[LanguageName | None, Field(description="Without it, the language is detected.")] = None
    timestamp_granularities: Annotated[
        Annotated[list[Granularity], Field(max_length=2)] | None,
        BeforeValidator(_as_list),
        Field(
            validation_alias=AliasChoices("timestamp_granularities[]", "timestamp_granularities"),
            description="segment; words have no times here. Needs response_format verbose_json.",
        ),
    ] = None
    stream: Annotated[bool | None, Field(description="Answer with server-sent events.")] = None

    def options(self, **values: Any) -> TranscriptOptions:
        """The fields as options; ``values`` are options that have no field."""
        return super().options(language=self.language, **values)

    @model_validator(mode="after")
    def _format_is_possible(self) -> "TranscriptionForm":
        if self.timestamp_granularities and self.answer_format != "verbose_json":
            raise contradiction("timestamp_granularities", "timestamp_granularities needs verbose_json")
        if self.timestamp_granularities and "word" in self.timestamp_granularities:
            raise contradiction("timestamp_granularities", "words have no times here; segments have")
        if self.stream and self.answer_format in ("srt", "vtt"):
            raise contradiction("response_format", "stream excludes the formats srt and vtt")
        return self


EXAMPLES = {
    "text": {"value": {"file": "(the bytes of a recording)", "response_format": "text"}},
    "segments": {"value": {"file": "(the bytes of a recording)", "language": "en", "response_format": "verbose_json"}},
}
TRANSLATION_EXAMPLES = {"text": {"value": {"file": "(the bytes of a recording)", "response_format": "text"}}}
