"""The bodies of Hugging Face's inference tasks."""

from typing import Annotated

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    MAX_TOKENS,
    LanguageName,
    NonEmpty,
    OneOrSeveral,
    RequestModel,
    Text,
)
from service.api.requests.sampling_fields import SamplingFields


class QuestionInputs(RequestModel):
    """A question, and the text that may hold its answer."""

    question: NonEmpty
    context: Text


class QuestionParameters(RequestModel):
    """The defaults are those of the pipeline in transformers 4."""

    top_k: Annotated[
        int | None, Field(ge=1, le=1000, description="The number of answers; more than one are a list. Default: 1.")
    ] = None
    doc_stride: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="Tokens that two windows of a long context share.")
    ] = None
    max_answer_len: Annotated[
        int | None, Field(ge=1, le=10_000, description="Most tokens of an answer. Default: 15.")
    ] = None
    handle_impossible_answer: Annotated[
        bool | None, Field(description="Allow no answer, which is an empty text from 0 to 0. Default: false.")
    ] = None


class HuggingFaceAnswerRequest(RequestModel):
    """The payload of the task question-answering."""

    inputs: QuestionInputs
    parameters: QuestionParameters | None = None


class GenerateParameters(SamplingFields):
    """The sampling of a translation."""

    max_new_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens of a sentence.")] = None
    max_length: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of max_new_tokens.")] = (
        None
    )
    do_sample: Annotated[
        bool | None, Field(description="Sample, instead of taking the likeliest tokens. Default: false.")
    ] = None


class TranslationParameters(RequestModel):
    """The languages of a translation, and its sampling."""

    src_lang: Annotated[
        LanguageName | None, Field(description="Without it, the language of each text is detected.")
    ] = None
    tgt_lang: Annotated[LanguageName, Field(description="A name or a code, such as fr, fra_Latn or fr_XX.")]
    generate_parameters: GenerateParameters | None = None


class HuggingFaceTranslateRequest(RequestModel):
    """The payload of the task translation."""

    inputs: Annotated[OneOrSeveral, Field(description="A text or a list of texts.")]
    parameters: TranslationParameters


EXAMPLES = request_examples(
    HuggingFaceAnswerRequest,
    **{
        "question-answering": {"inputs": {"question": "When was it built?", "context": "The bridge was built in 1894."}}
    },
) | request_examples(
    HuggingFaceTranslateRequest,
    translation={"inputs": "Good morning.", "parameters": {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}},
)
