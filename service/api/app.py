"""The HTTP application: the objects that it is made of, its start and its stop."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI

import service
from model_store.types import LocalModel
from service.api import errors
from service.api.auth.middleware import AuthMiddleware
from service.api.limits.admission import Admission
from service.api.middleware.access_log import AccessLogObserver
from service.api.middleware.body_limit import BodyLimitMiddleware
from service.api.middleware.body_logging import BodyLoggingMiddleware
from service.api.middleware.request_context import RequestContextMiddleware
from service.api.openapi import document
from service.api.openapi.description import DESCRIPTION
from service.api.routers import ROUTERS
from service.api.state import State
from service.encoder.client import EncoderClient
from service.engine.client import EngineClient
from service.errors import ProcessError
from service.keys.authenticator import KeyAuthenticator
from service.metrics import Metrics
from service.settings import Settings
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.reading.reader import Reader
from service.tasks.generation.generator import Generator
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation import Translator

logger = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    model: LocalModel,
    client: EngineClient,
    tokenizer: Tokenizer,
    metrics: Metrics,
    reader: Reader | None = None,
    *,
    authenticator: KeyAuthenticator | None,
) -> FastAPI:
    """The application. Its lifespan starts and closes the engine, and the reader if there is one.

    Without an ``authenticator`` every request is allowed.
    """
    model_metrics = metrics.for_model(settings.served_model_name or model.name)
    observer = AccessLogObserver(model_metrics.completions)
    generator = Generator(client, tokenizer, max_output_tokens=settings.default_max_tokens, observer=observer)
    state = State(
        settings=settings,
        model=model,
        client=client,
        reader=None if reader is None else reader.client,
        metrics=metrics,
        admission=Admission(settings.max_requests, settings.max_queued_tokens),
        generator=generator,
        translator=Translator(
            generator,
            style=model.prompt_style,
            max_segments=settings.max_segments,
            observer=model_metrics.translations,
        ),
        answerer=Answerer(
            generator,
            style=model.prompt_style,
            calibration=model.no_answer,
            limits=WindowLimits(max_tokens=settings.answer_window, max_windows=settings.max_windows),
            reader=reader,
        ),
        started=int(time.time()),
    )
    app = FastAPI(
        title="Trivium",
        version=service.__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.trivium = state
    limit_body = partial(BodyLimitMiddleware, limit=settings.max_body_bytes, seconds=settings.body_timeout)
    app.add_middleware(limit_body)
    if settings.log_prompts:
        app.add_middleware(BodyLoggingMiddleware)
    app.add_middleware(
        AuthMiddleware, routes=app.routes, authenticator=authenticator, metrics=metrics, limit_body=limit_body
    )
    app.add_middleware(RequestContextMiddleware, metrics=metrics)  # added last, so outermost
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    document.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the child processes in the background: the socket answers while they load. Close them at the end."""
    state: State = app.state.trivium
    client, reader = state.client, state.reader
    engine_metrics = state.metrics.for_model(state.model_name).engine
    encoder_metrics = None if reader is None else state.metrics.for_model(state.settings.reader).encoder

    def engine_ready() -> None:
        engine_metrics.ready(client.info)
        state.admission.fit_to_engine(client.info)

    starts = [asyncio.create_task(_start("engine", client, engine_ready))]
    if reader is not None and encoder_metrics is not None:
        starts.append(asyncio.create_task(_start("reader", reader, lambda: encoder_metrics.ready(reader.info))))
    try:
        yield
    finally:
        for start in starts:
            start.cancel()
            with suppress(asyncio.CancelledError):
                await start
        await client.close()
        if reader is not None:
            await reader.close()
        engine_metrics.down()
        if encoder_metrics is not None:
            encoder_metrics.down()


async def _start(name: str, client: EngineClient | EncoderClient, ready: Callable[[], None]) -> None:
    try:
        await client.start()
    except ProcessError as error:
        logger.error("the %s cannot start: %s", name, str(error))
    except Exception:
        logger.exception("the %s cannot start", name)
    else:
        ready()
