"""The payload of the task translation."""

from typing import Annotated

from pydantic import Field

from service.api.compat.huggingface.generate_parameters import GenerateParameters
from service.api.requests.examples import request_examples
from service.api.requests.fields import LanguageName, OneOrSeveral, RequestModel


class TranslationParameters(RequestModel):
    """The languages of a translation, and how each sentence is decoded."""

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
