"""``/api/tags``, ``/api/show``, ``/api/ps``, ``/api/pull`` and ``/api/version``."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import ANY_KEY
from service.api.call import Call, CurrentCall
from service.api.compat.ollama.durations import timestamp
from service.api.compat.ollama.error_format import OllamaRoute
from service.api.compat.ollama.lines import LINES
from service.api.compat.ollama.models import response
from service.api.compat.ollama.models.pulling import check_pull, is_here, pull_stream
from service.api.compat.ollama.models.pulling import pull as fetch_and_load
from service.api.compat.ollama.models.request import PULL_EXAMPLES, SHOW_EXAMPLES, PullRequest, ShowRequest
from service.api.compat.ollama.names import served_name
from service.api.openapi.responses import openapi_responses

router = APIRouter(tags=["ollama"], route_class=OllamaRoute, dependencies=[ANY_KEY])


@router.get("/api/tags", summary="List the served models, as Ollama does")
@openapi_responses(response.EXAMPLE_TAGS, errors=())
async def tags(call: CurrentCall) -> Response:
    """The models and adapters that are served, loaded or not."""
    started = _started(call)
    return call.json(response.TagsResponse.of(call.state.registry.models.values(), started))


@router.get("/api/ps", summary="List the loaded models, as Ollama does")
@openapi_responses(response.EXAMPLE_RUNNING, errors=())
async def running(call: CurrentCall) -> Response:
    """The models that are loaded."""
    models = map(response.RunningModel.of, call.state.registry.models.values())
    return call.json(response.RunningModelsResponse([each for each in models if each is not None]))


@router.post("/api/show", summary="Describe a model, as Ollama does")
@openapi_responses(response.EXAMPLE_SHOW, errors=(400, 404, 415))
async def show(body: Annotated[ShowRequest, Body(openapi_examples=SHOW_EXAMPLES)], call: CurrentCall) -> Response:
    """A served model, what it can do, and its context in tokens while it is loaded."""
    call.check(body)
    model = call.model(served_name(body.wanted, call.state.registry))
    return call.json(response.ShowResponse.of(model, _started(call)))


@router.post("/api/pull", summary="Is a model there? Fetch it")
@openapi_responses(response.SUCCESS, events=response.EXAMPLE_PULL, form=LINES, errors=(400, 403, 404, 415, 503))
async def pull(body: Annotated[PullRequest, Body(openapi_examples=PULL_EXAMPLES)], call: CurrentCall) -> Response:
    """Success for a model that is served and on this disk.

    With the setting `runtime_fetch`, a key with the scope `admin` may name any model of the catalogue: it is fetched
    and loaded, with lines that tell how far that is.
    """
    call.check(body)
    if is_here(call, body.wanted):
        if body.stream is False:
            return call.json(response.SUCCESS)
        return Response(LINES.event(response.SUCCESS), headers=call.headers, media_type=LINES.media_type)
    check_pull(call)
    if body.stream is not False:
        return pull_stream(call, body.wanted)
    await fetch_and_load(call, body.wanted)
    return call.json(response.SUCCESS)


@router.get("/api/version", summary="The version of Ollama's API")
@openapi_responses(response.VERSION, errors=())
async def version(call: CurrentCall) -> Response:
    """The version of Ollama whose API this is: clients compare it with the one that they need."""
    return call.json(response.VERSION)


def _started(call: Call) -> str:
    return timestamp(datetime.fromtimestamp(call.state.started, UTC))
