"""Answers a request for text, of TGI's own routes and of the task text-generation."""

from typing import Any
from uuid import uuid4

from starlette.responses import Response

from service.api.call import Call, Served
from service.api.compat.tgi.error_format import TextRoute
from service.api.compat.tgi.request import TgiParameters, TgiRequest
from service.api.compat.tgi.writer import TgiWriter
from service.api.errors import invalid
from service.api.requests.bodies import validated
from service.api.requests.options import check_limit
from service.api.responses.event_stream import PING, StreamForm, event
from service.models.capabilities import Capability
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.prepared import PreparedCompletion

EVENTS = StreamForm(
    media_type="text/event-stream", event=event, error=TextRoute.error_format, ping=PING, done=b""
)  # without an end mark


async def generate_from_payload(payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """The task text-generation. The answer is a list of one text, or a stream."""
    body = validated(TgiRequest, payload)
    return await generate(body, call, stream=bool(body.stream), as_list=True, model_name=model_name)


async def generate(
    body: TgiRequest, call: Call, *, stream: bool, as_list: bool = False, model_name: str | None = None
) -> Response:
    """Continue the prompt."""
    call.check(body)
    given, seed = body.given, body.given.chosen_seed()
    if stream:
        _check_stream(given)
    model = _model(call, given, model_name)
    options = _options(call, given, seed, logprobs=stream or given.reports_details or (given.best_of or 1) > 1)
    writer = TgiWriter(
        prompt=body.inputs if given.return_full_text else "",
        details=given.reports_details,
        top_tokens=bool(given.top_n_tokens),
        seed=seed,
        skip_special_tokens=options.skip_special_tokens,
        as_list=as_list,
        characters=len(body.inputs),
        headers=call.headers,
    )
    id = f"text-{uuid4().hex}"

    async def prepare() -> PreparedCompletion:
        generator = model.task(Generator)
        special = body.add_special_tokens is not False
        if given.truncate is None:
            request = await generator.from_prompt(body.inputs, options, add_special_tokens=special)
        else:
            tokens = await generator.tokenizer.encode_async(body.inputs, add_special_tokens=special)
            request = await generator.from_prompt(tokens[-given.truncate :], options)
        return PreparedCompletion(generator, [request], id)

    if stream:
        return await call.stream(model, prepare, writer, form=EVENTS)
    return await call.answer(model, prepare, writer, sequences=options.n)


def _check_stream(given: TgiParameters) -> None:
    """Raises ApiError for parameters that a stream cannot have."""
    if (given.best_of or 1) > 1:
        raise invalid("parameters.best_of", "parameters.best_of: a stream cannot choose among several texts")
    if given.decoder_input_details:
        name = "parameters.decoder_input_details"
        raise invalid(name, f"{name}: a stream does not report the prompt")


def _model(call: Call, given: TgiParameters, name: str | None) -> Served:
    """The model of the path, or the adapter of the parameters. Raises ModelNotServed, IncapableModel or ApiError."""
    if given.adapter_id is None:
        return call.model(name, Capability.GENERATE)
    adapter = call.model(given.adapter_id, Capability.GENERATE)
    if name is not None and adapter.base is not call.state.registry.find(name).base:
        raise invalid("parameters.adapter_id", "parameters.adapter_id: the adapter belongs to another model")
    return adapter


def _options(call: Call, given: TgiParameters, seed: int | None, *, logprobs: bool) -> Options:
    """The options of the text. Raises ApiError or InvalidOption."""
    settings, n = call.state.settings, given.best_of or 1
    check_limit("parameters.best_of", n, settings.max_n)
    check_limit("parameters.top_n_tokens", given.top_n_tokens or 0, settings.max_logprobs)
    options = call.options(
        given,
        temperature=1.0 if given.samples else 0.0,
        max_tokens=given.max_new_tokens,
        max_tokens_param="parameters.max_new_tokens",
        n=n,
        logprobs=(given.top_n_tokens or 0) if logprobs else None,
        prompt_logprobs=0 if given.decoder_input_details else None,
    )
    return options.with_values(
        seed=seed,
        include_stop=given.include_stop_str_in_output is not False,  # TGI keeps the stop string
        structure=None if given.grammar is None else given.grammar.structure(),
    )
