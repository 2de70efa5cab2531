"""The objects that routes work with. ``create_app`` makes them once; routes get them as a FastAPI dependency."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Annotated

from fastapi import Depends, Request

import service
from model_store.types import LocalModel
from service.api.limits.admission import Admission
from service.api.limits.character_count import CharacterCount
from service.encoder.client import EncoderClient
from service.engine.client import EngineClient
from service.metrics import Metrics
from service.settings import Settings
from service.tasks.answering.answerer import Answerer
from service.tasks.generation.generator import Generator
from service.tasks.translation import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The shared objects. None is replaced after the start. ``started`` is in Unix seconds."""

    settings: Settings
    model: LocalModel
    client: EngineClient
    reader: EncoderClient | None
    metrics: Metrics
    admission: Admission
    generator: Generator
    translator: Translator
    answerer: Answerer
    started: int
    characters: CharacterCount = field(default_factory=CharacterCount)

    @property
    def model_name(self) -> str:
        """The model's name in the API."""
        return self.settings.served_model_name or self.model.name

    @property
    def unready(self) -> EngineClient | EncoderClient | None:
        """The first child process that is not ready, or None."""
        return next((each for each in (self.client, self.reader) if each is not None and each.status != "ready"), None)

    @property
    def fingerprint(self) -> str:
        """An identifier of the service and the model. It changes when the same request may get another answer."""
        identity = f"{service.__version__}/{self.model_name}/{self.model.revision}"
        return "fp_" + blake2b(identity.encode(), digest_size=5).hexdigest()


async def get_state(request: Request) -> State:
    """The state of the application, as a FastAPI dependency."""
    state: State = request.app.state.trivium
    return state


CurrentState = Annotated[State, Depends(get_state)]
