"""The answers of the tasks summarization and text2text-generation: a list of texts."""

from dataclasses import dataclass

from service.api.responses.usage import final_reason
from service.api.wire.response_model import JsonBody, ResponseModel
from service.tasks.generation.completion import Completion
from service.tasks.generation.text_to_text import TextTask

_CONTRACTIONS = ("n't", "'m", "'s", "'ve", "'re")


class HuggingFaceSummary(ResponseModel):
    """One summary."""

    summary_text: str


class HuggingFaceText(ResponseModel):
    """One text of the task text2text-generation."""

    generated_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextListWriter:
    """Writes the texts of all inputs, the best first if there are several for one. Implements ``Writer``."""

    task: TextTask
    cleans_up: bool

    async def body(self, completion: Completion) -> JsonBody:
        choices = [choice for choices in await completion.collect() for choice in choices]
        for choice in choices:
            final_reason(choice)  # raises the error of a choice that failed
        texts = [cleaned_up(choice.text) if self.cleans_up else choice.text for choice in choices]
        if self.task == "summarization":
            return [HuggingFaceSummary(text) for text in texts]
        return [HuggingFaceText(text) for text in texts]


def cleaned_up(text: str) -> str:
    """Without the spaces that transformers removes with ``clean_up_tokenization_spaces``."""
    for mark in (".", "?", "!", ","):
        text = text.replace(f" {mark}", mark)
    text = text.replace(" ' ", "'")
    for contraction in _CONTRACTIONS:
        text = text.replace(f" {contraction}", contraction)
    return text


EXAMPLE = [HuggingFaceSummary("A steel bridge from 1894.")]
TEXT_EXAMPLE = [HuggingFaceText("A steel bridge from 1894.")]
