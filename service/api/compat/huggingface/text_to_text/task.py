"""Answers a payload of the tasks summarization and text2text-generation."""

from functools import partial
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from service.api.call import Call
from service.api.compat.huggingface.generate_parameters import PREFIX
from service.api.compat.huggingface.text_to_text.request import HuggingFaceTextRequest
from service.api.compat.huggingface.text_to_text.response import TextListWriter
from service.api.compat.translation import check_texts
from service.api.requests.bodies import validated
from service.api.requests.options import check_limit
from service.models.capabilities import Capability
from service.tasks.generation.prepared import PreparedCompletion
from service.tasks.generation.text_to_text import TextTask, TextToText


async def _write_texts(task: TextTask, payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """A text for each text of the payload, by an encoder-decoder."""
    body = validated(HuggingFaceTextRequest, payload)
    call.check(body)
    texts, parameters, settings = body.texts, body.given, call.state.settings
    decoding = parameters.decoding
    check_texts("inputs", texts, settings)
    for name, value in (("num_beams", decoding.num_beams or 1), ("num_return_sequences", decoding.n)):
        check_limit(PREFIX + name, value, settings.max_n)
    model = call.model(model_name, Capability.SUMMARIZE)
    options = call.options(
        decoding,
        temperature=decoding.default_temperature,
        max_tokens=None,
        max_tokens_param="max_new_tokens",
        n=decoding.n,
    )

    async def prepare() -> PreparedCompletion:
        writer = model.task(TextToText)
        requests = [await writer.request(task, text, options, parameters.wish) for text in texts]
        return PreparedCompletion(writer.generator, requests, f"text-{uuid4().hex}")

    answer = TextListWriter(task=task, cleans_up=bool(parameters.clean_up_tokenization_spaces))
    return await call.answer(model, prepare, answer, sequences=len(texts) * options.n)


summarize = partial(_write_texts, "summarization")
write_text = partial(_write_texts, "text2text-generation")
