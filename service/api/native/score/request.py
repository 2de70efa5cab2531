"""The body of ``POST /v1/score``."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.requests.examples import request_examples
from service.api.requests.fields import ModelName, Priority, RequestModel, TextOrTexts, contradiction


class ScoreRequest(RequestModel):
    """Pairs of texts: one text with each of the others, or the texts of both lists one by one."""

    model: ModelName = None
    text_1: Annotated[TextOrTexts, Field(description="A text, or as many texts as text_2 has.")]
    text_2: Annotated[TextOrTexts, Field(description="A text or a list of texts.")]
    use_activation: Annotated[
        bool | None, Field(description="Of a cross-encoder: false gives its logits as they are. Default: true.")
    ] = None
    truncate_prompt_tokens: Annotated[
        Literal[-1] | None, Field(description="-1: cut texts that the model cannot take. Default: refuse them.")
    ] = None
    priority: Priority = None

    @model_validator(mode="after")
    def _lengths(self) -> "ScoreRequest":
        if len(self.text_1) not in (1, len(self.text_2)):
            raise contradiction("text_1", "text_1 must be one text, or as many as text_2 has")
        return self

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs to score."""
        first = self.text_1 * len(self.text_2) if len(self.text_1) == 1 else self.text_1
        return list(zip(first, self.text_2, strict=True))


EXAMPLES = request_examples(
    ScoreRequest,
    pairs={"text_1": "When was the bridge built?", "text_2": ["It was built in 1894.", "Two rivers meet near Arlen."]},
)
