"""The forms of the audio routes."""

from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from service.api.requests.beam_fields import BeamFields, check_beams
from service.api.requests.fields import LanguageName, ModelName, Text, contradiction
from service.engine.protocol.beam_params import BeamParams
from service.tasks.speech.options import DEFAULT_BEAMS, TranscriptOptions

AnswerFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]
Granularity = Literal["segment", "word"]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


class TranslationForm(BeamFields):
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

    use_beam_search: Annotated[
        bool | None,
        Field(
            description="Search with best_of beams (default: 5), or with none. Default: 5 beams, as far as they fit."
        ),
    ] = None
    best_of: Annotated[int | None, Field(ge=1, le=1024, description="With use_beam_search: the number of beams.")] = (
        None
    )
    early_stopping: Annotated[
        Literal[True, False, "never"] | None,
        BeforeValidator(_as_boolean),  # a form has texts
        Field(description="With beams: when the search ends. true: as soon as there are as many texts as beams."),
    ] = None

    @property
    def beams(self) -> BeamParams | None:
        """The beams that the form asks for; None: it leaves them to the service."""
        if self.use_beam_search is None:
            return None
        return BeamParams(
            num_beams=(self.best_of or DEFAULT_BEAMS.num_beams) if self.use_beam_search else 1,
            length_penalty=1.0 if self.length_penalty is None else self.length_penalty,
            early_stopping=self.early_stopping or False,
        )

    @model_validator(mode="after")
    def _beams_are_possible(self) -> Self:
        if self.best_of == 1 and self.use_beam_search:
            raise contradiction("best_of", "use_beam_search needs best_of of at least 2: the beams")
        if (self.best_of or 1) > 1 and not self.use_beam_search:
            raise contradiction("best_of", "best_of needs use_beam_search")
        check_beams(self, "use_beam_search", self.beams.num_beams if self.beams is not None else 1)
        return self

    @property
    def answer_format(self) -> AnswerFormat:
        return self.response_format or "json"

    def options(self, **values: Any) -> TranscriptOptions:
        """The fields as options; ``values`` are options that have no field."""
        return TranscriptOptions(
            prompt=self.prompt or "",
            temperature=self.temperature or 0.0,
            beams=self.beams,
            beams_param="best_of" if self.best_of is not None else "use_beam_search",
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
    def _format_is_possible(self) -> Self:
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
