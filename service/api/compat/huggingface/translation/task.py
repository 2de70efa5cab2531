"""Answers a payload of the task translation."""

from typing import Any

from starlette.responses import Response

from service.api.call import Call
from service.api.compat.huggingface.generate_parameters import PREFIX, GenerateParameters
from service.api.compat.huggingface.translation.request import HuggingFaceTranslateRequest
from service.api.compat.huggingface.translation.response import translation_list
from service.api.compat.translation import check_texts, translate
from service.api.errors import invalid
from service.api.requests.bodies import validated
from service.api.requests.options import check_limit
from service.tasks.generation.options import Options
from service.tasks.translation import TranslationOrder


async def translate_inputs(payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """Translate the texts of the payload."""
    body = validated(HuggingFaceTranslateRequest, payload)
    call.check(body)
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    check_texts("inputs", texts, call.state.settings)
    languages = body.parameters
    decoding = languages.generate_parameters or GenerateParameters()
    check_limit(f"{PREFIX}num_beams", decoding.num_beams or 1, call.state.settings.max_n)
    options = _options(decoding, call)
    order = TranslationOrder(
        texts=tuple(texts),
        target=_to_bcp47(languages.tgt_lang),
        source=None if languages.src_lang is None else _to_bcp47(languages.src_lang),
        search=decoding.search,
    )
    return await translate(call, order, options, translation_list, model_name=model_name)


def _options(fields: GenerateParameters, call: Call) -> Options:
    """The options of these fields. Raises ApiError if fields exclude each other."""
    lengths = {fields.max_new_tokens, fields.max_length} - {None}
    if len(lengths) > 1:
        raise invalid(f"{PREFIX}max_length", f"{PREFIX}max_length: means max_new_tokens and must not differ")
    return call.options(fields, temperature=fields.default_temperature, max_tokens=next(iter(lengths), None))


def _to_bcp47(code: str) -> str:
    """The code without the region XX, with which mBART marks codes that have no region."""
    return code.removesuffix("_XX")
