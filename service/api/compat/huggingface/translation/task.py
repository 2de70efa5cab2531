"""Answers a payload of the task translation."""

from typing import Any

from starlette.responses import Response

from service.api.call import Call
from service.api.compat.huggingface.translation.request import GenerateParameters, HuggingFaceTranslateRequest
from service.api.compat.huggingface.translation.response import translation_list
from service.api.compat.translation import check_texts, translate
from service.api.errors import invalid
from service.api.requests.bodies import validated
from service.tasks.generation.options import Options
from service.tasks.translation import TranslationOrder

_OPTIONS = "parameters.generate_parameters"


async def translate_inputs(payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """Translate the texts of the payload."""
    body = validated(HuggingFaceTranslateRequest, payload)
    call.check(body)
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    check_texts("inputs", texts, call.state.settings)
    languages = body.parameters
    options = _options(languages.generate_parameters or GenerateParameters(), call)
    order = TranslationOrder(
        texts=tuple(texts),
        target=_to_bcp47(languages.tgt_lang),
        source=None if languages.src_lang is None else _to_bcp47(languages.src_lang),
    )
    return await translate(call, order, options, translation_list, model_name=model_name)


def _options(fields: GenerateParameters, call: Call) -> Options:
    """The options of these fields. Raises ApiError if fields exclude each other."""
    if fields.temperature and not fields.do_sample:
        raise invalid(f"{_OPTIONS}.do_sample", f"{_OPTIONS}.do_sample: must be true for a temperature")
    lengths = {fields.max_new_tokens, fields.max_length} - {None}
    if len(lengths) > 1:
        raise invalid(f"{_OPTIONS}.max_length", f"{_OPTIONS}.max_length: means max_new_tokens and must not differ")
    return call.options(fields, temperature=1.0 if fields.do_sample else 0.0, max_tokens=next(iter(lengths), None))


def _to_bcp47(code: str) -> str:
    """The code without the region XX, with which mBART marks codes that have no region."""
    return code.removesuffix("_XX")
