"""Errors as clients of Hugging Face's inference tasks read them."""

from collections.abc import Mapping
from typing import ClassVar

from service.api.compat.error_format import CompatRoute
from service.api.wire.response_model import ResponseModel


class HuggingFaceErrorResponse(ResponseModel):
    """The error as one text."""

    error: str


class HuggingFaceRoute(CompatRoute):
    """A route of Hugging Face's inference tasks."""

    error_model: ClassVar[type[ResponseModel]] = HuggingFaceErrorResponse
    param_names: ClassVar[Mapping[str, str]] = {
        "text": "inputs",
        "source_lang": "parameters.src_lang",
        "target_lang": "parameters.tgt_lang",
        "question": "inputs.question",
        "context": "inputs.context",
        "stride": "parameters.doc_stride",
    }
