"""The payload of the task translation."""

from typing import Annotated

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, LanguageName, OneOrSeveral, RequestModel
from service.api.requests.sampling_fields import SamplingFields


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
    HuggingFaceTranslateRequest,
    translation={"inputs": "Good morning.", "parameters": {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}},
)
