"""The HTTP application: what is made when the service starts, and what ends when it stops."""

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
from service.api.compat.deepl import route as deepl
from service.api.compat.huggingface import route as huggingface
from service.api.compat.libretranslate import route as libretranslate
from service.api.limits.admission import Admission
from service.api.middleware.access_log import AccessLogObserver
from service.api.middleware.body_limit import BodyLimitMiddleware
from service.api.middleware.body_logging import BodyLoggingMiddleware
from service.api.middleware.request_context import RequestContextMiddleware
from service.api.native.answer import route as answer
from service.api.native.generate import route as generate
from service.api.native.tokens import route as tokens
from service.api.native.translate import route as translate
from service.api.openai.chat import route as chat
from service.api.openai.completions import route as completions
from service.api.openai.models import route as models
from service.api.openapi import document as docs
from service.api.operations import health
from service.api.operations import metrics as operations
from service.api.requests.undeclared_fields import REFUSED, WITHOUT_EFFECT
from service.api.state import State
from service.engine.client import EngineClient
from service.errors import ProcessError
from service.keys.authenticator import KeyAuthenticator
from service.metrics import Metrics
from service.reader.client import ReaderClient
from service.settings import Settings
from service.tasks.answering import Answerer, Reader, WindowLimits
from service.tasks.generation.generator import Generator
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation import Translator

logger = logging.getLogger(__name__)

_DESCRIPTION = f"""\
Text generation, translation and question answering.

Errors have OpenAI's shape and name the field to blame in `param`; routes of other APIs have those APIs' shapes. Every
answer carries an `x-request-id`, yours if you sent one. Streams are server-sent events that end with `data: [DONE]`; an
error after the first byte is an event with `error`.

Where the service has keys, every request shows one, in `authorization: Bearer` or `x-api-key`. Without a known one the
answer is 401, without the right to a route 403, and 429 after what the key may have in a minute.

A request may say in the header `x-request-timeout` how many seconds it may take. What is late is abandoned and ends
with 504, or with an error event in its stream.

Known fields are obeyed or refused; fields nobody knows are listed in the header `x-ignored-params`.

These change nothing in an answer and are taken: {", ".join(sorted(WITHOUT_EFFECT))}.

These are refused where a route does not list them, unless their value asks for nothing: {", ".join(sorted(REFUSED))}.
"""


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
    """The application. It starts the engine when it starts, and closes it when it stops; and a reader likewise.

    Without an ``authenticator`` every request is allowed.
    """
    observer = AccessLogObserver(metrics)
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
            generator, style=model.prompt_style, max_segments=settings.max_segments, observer=metrics
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
        description=_DESCRIPTION,
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
    for routes in (generate, translate, answer, chat, completions, models, tokens):
        app.include_router(routes.router)
    for routes in (libretranslate, deepl, huggingface, health, operations):
        app.include_router(routes.router)
    docs.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The socket answers at once; the engine and the reader load meanwhile."""
    state: State = app.state.trivium
    client, reader, metrics = state.client, state.reader, state.metrics

    def engine_ready() -> None:
        metrics.engine_ready(client.info)
        state.admission.fit_to_engine(client.info)

    starts = [asyncio.create_task(_start("engine", client, engine_ready))]
    if reader is not None:
        starts.append(asyncio.create_task(_start("reader", reader, lambda: metrics.reader_ready(reader.info))))
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
        metrics.engine_down()
        metrics.reader_down()


async def _start(name: str, client: EngineClient | ReaderClient, ready: Callable[[], None]) -> None:
    try:
        await client.start()
    except ProcessError as error:
        logger.error("the %s cannot start: %s", name, str(error))
    except Exception:
        logger.exception("the %s cannot start", name)
    else:
        ready()
