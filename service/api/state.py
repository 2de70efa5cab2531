"""The objects that routes work with. ``create_app`` makes them once; routes get them as a FastAPI dependency."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from service.api.limits.admissions import Admissions
from service.api.limits.character_count import CharacterCount
from service.api.openai.responses.store import ResponseStore
from service.batches.service import Batches
from service.documents.service import Documents
from service.glossaries.glossaries import Glossaries
from service.metrics import Metrics
from service.serving.registry import Registry
from service.settings import Settings
from service.statistics.live_view import LiveViews
from service.tasks.translation import Detector
from service.traces.tracing import Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The shared objects. None is replaced after the start. ``started`` is in Unix seconds."""

    settings: Settings
    registry: Registry
    metrics: Metrics
    admissions: Admissions
    detector: Detector
    started: int
    responses: ResponseStore
    batches: Batches | None  # None: the operator has set no directory for them
    glossaries: Glossaries
    documents: Documents
    tracing: Tracing
    live_views: LiveViews = field(default_factory=LiveViews)
    characters: CharacterCount = field(default_factory=CharacterCount)


def state_of(request: Request) -> State:
    """The state of the application that answers this request."""
    state: State = request.app.state.trivium
    return state


async def get_state(request: Request) -> State:
    """The same as a FastAPI dependency."""
    return state_of(request)


CurrentState = Annotated[State, Depends(get_state)]
