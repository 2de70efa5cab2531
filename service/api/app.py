"""The HTTP application: the objects that it is made of, its start and its stop."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

import service
from service.api import errors
from service.api.auth.middleware import AuthMiddleware
from service.api.background import Background
from service.api.limits.admissions import Admissions
from service.api.middleware.body_limit import BodyLimitMiddleware
from service.api.middleware.body_logging import BodyLoggingMiddleware
from service.api.middleware.content_encoding import ContentEncodingMiddleware
from service.api.middleware.cors import CorsHeadersMiddleware, PreflightMiddleware
from service.api.middleware.head import HeadMiddleware
from service.api.middleware.request_context import RequestContextMiddleware
from service.api.native.documents.upload import DOCUMENT_PATHS
from service.api.native.documents.windows import Windows
from service.api.openai.audio.route import AUDIO_PATHS
from service.api.openai.batches.lines import Lines
from service.api.openai.responses.store import ResponseStore
from service.api.openapi import document
from service.api.openapi.description import DESCRIPTION
from service.api.playground import route as playground
from service.api.requests.multipart_stream import FORM_BYTES
from service.api.routers import ROUTERS
from service.api.state import State
from service.api.unknown_routes import ErrorFormatMiddleware, UnknownRoute
from service.batches.service import Batches
from service.documents.service import Documents
from service.glossaries.glossaries import Glossaries
from service.glossaries.opening import open_glossaries
from service.keys.authenticator import KeyAuthenticator
from service.metrics import Metrics
from service.serving.registry import Registry
from service.settings import Settings
from service.tasks.translation import Detector
from service.traces.tracing import NO_TRACING, Tracing


def create_app(
    settings: Settings,
    registry: Registry,
    metrics: Metrics,
    *,
    detector: Detector | None = None,
    authenticator: KeyAuthenticator | None,
    documents: Documents,
    batches: Batches | None = None,
    glossaries: Glossaries | None = None,
    tracing: Tracing = NO_TRACING,
) -> FastAPI:
    """The application. Its lifespan loads the models of the start, runs batches and documents, and closes all of them.

    Without an ``authenticator`` every request is allowed. Without ``batches`` there are no files and batches.
    The application closes the ``glossaries``; without them it opens those of the settings, which raises StorageError.
    The caller closes the ``tracing`` after the application has ended.
    """
    state = State(
        settings=settings,
        registry=registry,
        metrics=metrics,
        admissions=Admissions(settings.max_requests, settings.max_queued_tokens),
        detector=detector or Detector(),
        started=int(time.time()),
        responses=ResponseStore(most=settings.max_stored_responses, most_bytes=settings.max_stored_bytes),
        batches=batches,
        glossaries=glossaries or open_glossaries(settings),
        documents=documents,
        tracing=tracing,
    )
    app = FastAPI(
        title="Trivium",
        version=service.__version__,
        description=DESCRIPTION,
        lifespan=partial(_lifespan, authenticator=authenticator),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.trivium = state
    if settings.log_prompts:
        app.add_middleware(BodyLoggingMiddleware)  # innermost: it sees decoded bodies
    read_body = partial(_read_body, settings=settings)
    app.add_middleware(read_body)
    app.add_middleware(
        AuthMiddleware, routes=app.routes, authenticator=authenticator, metrics=metrics, limit_body=read_body
    )
    app.add_middleware(HeadMiddleware)
    app.add_middleware(PreflightMiddleware, origins=settings.cors_origins)
    app.add_middleware(
        RequestContextMiddleware,
        metrics=metrics,
        tracing=tracing,
        log_probes=settings.log_probes,
        log_clients=settings.log_clients,
    )
    app.add_middleware(ErrorFormatMiddleware)
    if settings.cors_origins:
        app.add_middleware(CorsHeadersMiddleware, origins=settings.cors_origins)  # added last, so outermost
    errors.install(app)
    for router in (*((playground.router,) if settings.playground else ()), *ROUTERS):
        app.router.routes.extend(router.routes)  # flat: an included router is matched in many steps, and twice
    document.install(app)
    app.router.default = UnknownRoute(app.routes)
    return app


def _read_body(app: ASGIApp, *, settings: Settings) -> ASGIApp:
    """The application with a body that is bounded as it arrives. A file may be larger than other bodies, and slower."""
    usual = _bounded(app, settings.max_body_bytes, settings.body_timeout)
    file_bytes = settings.max_file_bytes + FORM_BYTES
    document_bytes = settings.max_document_bytes + FORM_BYTES
    audio_bytes = settings.max_audio_bytes + FORM_BYTES
    uploads = {"/v1/files": _upload(app, file_bytes, settings)}
    uploads |= dict.fromkeys(DOCUMENT_PATHS, _upload(app, document_bytes, settings))
    uploads |= dict.fromkeys(AUDIO_PATHS, _upload(app, audio_bytes, settings))

    async def read_bounded(scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        await (uploads.get(scope["path"], usual) if is_post else usual)(scope, receive, send)

    return read_bounded


def _upload(app: ASGIApp, limit: int, settings: Settings) -> ASGIApp:
    """The application with a body that may be larger than others, and takes longer to arrive accordingly."""
    return _bounded(app, limit, settings.body_timeout * max(1.0, limit / settings.max_body_bytes))


def _bounded(app: ASGIApp, limit: int, seconds: float) -> ASGIApp:
    """The application with a body of at most ``limit`` bytes as it arrives, and as it is decoded."""
    return BodyLimitMiddleware(ContentEncodingMiddleware(app, limit=limit), limit=limit, seconds=seconds)


@asynccontextmanager
async def _lifespan(app: FastAPI, *, authenticator: KeyAuthenticator | None) -> AsyncIterator[None]:
    """Load the models in the background: the socket answers while they load. Close them at the end."""
    state: State = app.state.trivium
    start = asyncio.create_task(state.registry.start())
    background = Background(authenticator, state.admissions)
    if state.batches is not None:
        await state.batches.start(Lines(app, background).compute)
    await state.documents.start(Windows(app, background), state.detector)
    try:
        yield
    finally:
        await state.documents.close()
        if state.batches is not None:
            await state.batches.close()
        start.cancel()
        with suppress(asyncio.CancelledError):
            await start
        await state.registry.close()
        state.glossaries.close()
