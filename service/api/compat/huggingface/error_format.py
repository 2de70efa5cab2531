"""Errors as clients of Hugging Face's inference tasks read them: those of TGI."""

from collections.abc import Mapping
from typing import ClassVar

from service.api.compat.huggingface.generate_parameters import DECODING, PREFIX
from service.api.compat.tgi.error_format import TgiRoute


class HuggingFaceRoute(TgiRoute):
    """A route of Hugging Face's inference tasks."""

    param_names: ClassVar[Mapping[str, str]] = {
        "text": "inputs",
        "prompt": "inputs",
        "source_lang": "parameters.src_lang",
        "target_lang": "parameters.tgt_lang",
        "question": "inputs.question",
        "context": "inputs.context",
        "stride": "parameters.doc_stride",
        **{name: f"{PREFIX}{name}" for name in DECODING},
    }
