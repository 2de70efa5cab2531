"""A frame of the live view."""

from dataclasses import dataclass

from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import StepStats
from service.engine.protocol.snapshot import Snapshot
from service.serving.model import ModelStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A model at one moment, and its engine's steps since the frame before: the last ones, if they are very many.

    ``exits`` counts the engine processes that have ended since the model was loaded. ``engine`` has the sizes of the
    engine; None: no engine has been ready yet. ``snapshot`` is None while there is no engine that could take one.
    """

    model: str
    status: ModelStatus
    exits: int = 0
    engine: EngineInfo | None = None
    steps: tuple[StepStats, ...] = ()
    snapshot: Snapshot | None = None
