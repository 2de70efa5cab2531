"""``/v1/responses``."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Body, Path, Query
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.errors import ApiError, invalid
from service.api.openai.responses.history import History, input_of, messages
from service.api.openai.responses.input.request import COUNT_EXAMPLES, EXAMPLES, InputTokensRequest, ResponsesRequest
from service.api.openai.responses.items import Item
from service.api.openai.responses.output import examples, response
from service.api.openai.responses.output.writer import Keep, ResponseWriter
from service.api.openai.responses.store import StoredResponse
from service.api.openapi.responses import openapi_responses
from service.api.requests.options import check_limit
from service.api.wire.response_model import to_json
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.conversation.chat import Chat
from service.tasks.conversation.conversation import Conversation
from service.tasks.conversation.turns import PreparedTurns

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE)])

_ResponseId = Annotated[str, Path(max_length=256, description="The id of a stored response.")]


@router.post("/v1/responses", summary="Answer a conversation, which may be kept")
@openapi_responses(examples.EXAMPLE, events=examples.EXAMPLE_EVENTS, form=examples.EXAMPLE_FORM)
async def create_response(
    body: Annotated[ResponsesRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall
) -> Response:
    """OpenAI's Responses API, with functions, reasoning and structured output. Images, files and built-in tools are
    refused by name.

    The response is kept in memory unless `store` is false, and `previous_response_id` continues it. The oldest are
    forgotten when the store is full, all when the service stops.
    """
    call.check(body)
    model = call.model(body.model, Capability.CHAT)
    check_limit("top_logprobs", body.top_logprobs or 0, call.state.settings.max_logprobs)
    if body.store and not call.state.responses.is_open:
        raise invalid("store", "store: the operator has set that no responses are kept")
    text = body.text
    options = call.options(
        body,
        temperature=1.0,
        max_tokens=body.max_output_tokens,
        max_tokens_param="max_output_tokens",
        logprobs=(body.top_logprobs or 0) if body.wants_logprobs else None,
    ).with_values(structure=text and text.structure())
    history = History(call.state.responses, call.caller.salt)
    earlier, input = history.before(body.previous_response_id), history.resolved(body.input or [])
    conversation = _conversation(body, [*earlier, *input])
    keeps = body.store is not False and call.state.responses.is_open
    begun = response.ResponseObject.begin(body, options, model=model.name, store=keeps)
    writer = ResponseWriter(
        begun,
        logprobs=body.wants_logprobs,
        include_stop=bool(body.include_stop_str_in_output),
        keep=_keeper(call, input) if keeps else None,
    )

    async def prepare() -> PreparedTurns:
        return await call.note_ignored(model.task(Chat).prepare(conversation, options, begun.id))

    if body.stream:
        return await call.stream(model, prepare, writer, form=writer.form)
    return await call.answer(model, prepare, writer)


@router.post("/v1/responses/input_tokens", summary="Count the tokens of a conversation")
@openapi_responses(examples.EXAMPLE_TOKENS)
async def count_input_tokens(
    body: Annotated[InputTokensRequest, Body(openapi_examples=COUNT_EXAMPLES)], call: CurrentCall
) -> Response:
    """The tokens that the same body has as a request for a response. Nothing is generated."""
    call.check(body)
    model = call.model(body.model, Capability.CHAT)
    history = History(call.state.responses, call.caller.salt)
    items = [*history.before(body.previous_response_id), *history.resolved(body.input or [])]
    conversation = _conversation(body, items)
    with await call.lease(model):
        count = await model.task(Chat).count(conversation)
        return call.json(response.ResponseInputTokens("response.input_tokens", count))


@router.get("/v1/responses/{id}", summary="Get a stored response")
@openapi_responses(examples.EXAMPLE, errors=(404,))
async def get_response(
    id: _ResponseId,
    call: CurrentCall,
    stream: Annotated[Literal["false"], Query(description="Stored responses are not streamed.")] = "false",
) -> Response:
    """The response as it was answered. Only the key that made it finds it."""
    return call.json(msgspec.Raw(_stored(call, id).body))


@router.delete("/v1/responses/{id}", summary="Delete a stored response")
@openapi_responses(examples.EXAMPLE_DELETED, errors=(404,))
async def delete_response(id: _ResponseId, call: CurrentCall) -> Response:
    """Forget a response now. Responses that continue it cannot be continued any more."""
    _stored(call, id)
    call.state.responses.delete(call.caller.salt, id)
    return call.json(response.DeletedResponse(id, "response", True))


@router.get("/v1/responses/{id}/input_items", summary="List the input of a stored response")
@openapi_responses(examples.EXAMPLE_ITEMS, errors=(400, 404))
async def list_input_items(
    id: _ResponseId,
    call: CurrentCall,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Annotated[Literal["asc", "desc"], Query(description="desc: the last item first.")] = "desc",
    after: Annotated[str | None, Query(max_length=256, description="Begin behind the item with this id.")] = None,
) -> Response:
    """The items of the request's own input, without those of the response that it continues."""
    items = input_of(_stored(call, id))
    if order == "desc":
        items.reverse()
    if after is not None:
        place = next((i for i, item in enumerate(items) if item.id == after), None)
        if place is None:
            raise invalid("after", "after: the input has no item with this id")
        items = items[place + 1 :]
    return call.json(response.ItemList.page(items, limit))


@router.post("/v1/responses/{id}/cancel", include_in_schema=False)
async def cancel_response(id: _ResponseId, call: CurrentCall) -> Response:
    """Raises ApiError: nothing runs in the background."""
    _stored(call, id)
    raise ApiError(400, "Only responses in the background can be cancelled, and this one is not", code="not_background")


def _conversation(body: ResponsesRequest | InputTokensRequest, items: list[Item]) -> Conversation:
    return Conversation(
        messages=messages(body.instructions, items),
        tools=body.tool_use(),
        reasoning=body.reasoning_use(),
        param="input",
    )


def _stored(call: Call, id: str) -> StoredResponse:
    """Raises ApiError (404)."""
    stored = call.state.responses.get(call.caller.salt, id)
    if stored is None:
        raise ApiError(404, "There is no stored response with this id", param="id", code="response_not_found")
    return stored


def _keeper(call: Call, input: list[Item]) -> Keep:
    def keep(whole: response.ResponseObject) -> None:
        stored = StoredResponse(
            id=whole.id,
            previous_id=whole.previous_response_id,
            body=to_json(whole),
            input=to_json(input),
            item_ids=tuple(dict.fromkeys(item.id for item in (*input, *whole.output))),
        )
        call.state.responses.add(call.caller.salt, stored)

    return keep
