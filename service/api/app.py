"""The HTTP application: what is made when the service starts, and what ends when it stops."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

import service
from model_store.types import LocalModel
from service.api import docs, errors
from service.api.admission import Admission
from service.api.middleware import BodyLimit, Edge
from service.api.routes import (
    answer,
    chat,
    completions,
    deepl,
    generate,
    health,
    hf_tasks,
    libretranslate,
    models,
    operations,
    tokens,
    translate,
)
from service.api.schemas.extras import REFUSED, WITHOUT_EFFECT
from service.api.state import State
from service.engine.client import EngineClient
from service.engine.errors import EngineError
from service.metrics import Metrics
from service.settings import Settings
from service.tasks.answering import Answerer, Bounds
from service.tasks.generation import Generator
from service.tasks.tokenizer import Tokenizer
from service.tasks.translation import Translator

logger = logging.getLogger(__name__)

_DESCRIPTION = f"""\
Text generation, translation and question answering.

Errors have OpenAI's shape and name the field to blame in `param`; routes of other APIs have those APIs' shapes. Every
answer carries an `x-request-id`, yours if you sent one. Streams are server-sent events that end with `data: [DONE]`; an
error after the first byte is an event with `error`.

Known fields are obeyed or refused; fields nobody knows are listed in the header `x-ignored-params`.

These change nothing in an answer and are taken: {", ".join(sorted(WITHOUT_EFFECT))}.

These are refused where a route does not list them, unless their value asks for nothing: {", ".join(sorted(REFUSED))}.
"""


def create_app(
    settings: Settings, model: LocalModel, client: EngineClient, tokenizer: Tokenizer, metrics: Metrics
) -> FastAPI:
    """The application. It starts the engine when it starts, and closes it when it stops."""
    generator = Generator(client, tokenizer, max_output_tokens=settings.default_max_tokens, observer=metrics)
    state = State(
        settings=settings,
        model=model,
        client=client,
        metrics=metrics,
        admission=Admission(settings.max_requests),
        generator=generator,
        translator=Translator(
            generator, style=model.prompt_style, max_segments=settings.max_segments, observer=metrics
        ),
        answerer=Answerer(
            generator,
            style=model.prompt_style,
            calibration=model.no_answer,
            bounds=Bounds(window=settings.answer_window, windows=settings.max_windows),
        ),
        started=int(time.time()),
    )
    app = FastAPI(
        title="Trivium",
        version=service.__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.trivium = state
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.add_middleware(Edge, metrics=metrics)  # added last, so outermost
    errors.install(app)
    for routes in (generate, translate, answer, chat, completions, models, tokens):
        app.include_router(routes.router)
    for routes in (libretranslate, deepl, hf_tasks, health, operations):
        app.include_router(routes.router)
    docs.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The socket answers at once; the engine loads meanwhile."""
    state: State = app.state.trivium
    start = asyncio.create_task(_start_engine(state))
    try:
        yield
    finally:
        start.cancel()
        with suppress(asyncio.CancelledError):
            await start
        await state.client.close()
        state.metrics.engine_down()


async def _start_engine(state: State) -> None:
    try:
        await state.client.start()
    except EngineError as error:
        logger.error("the engine cannot start: %s", error)
    except Exception:
        logger.exception("the engine cannot start")
    else:
        state.metrics.engine_ready(state.client.info)
