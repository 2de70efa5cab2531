"""What a client sets for a transcript."""

from dataclasses import dataclass

from service.engine.protocol.beam_params import BeamParams
from service.tasks.speech.checkpoint import Task

DEFAULT_BEAMS = BeamParams(num_beams=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptOptions:
    """``language`` None: it is found in the first window. ``prompt`` is a text that came before the recording.

    ``temperature`` 0: the best tokens, and higher temperatures where they are doubtful; above 0: this one alone.
    ``beams`` search the best tokens; None: as many of ``DEFAULT_BEAMS`` as the engine has room for. One beam is no
    search: the best token is taken each time. ``beams_param`` is the client's field for beams, for errors.
    ``timestamps``: segments have times. Recordings longer than one window have them always. ``no_speech``: all segments
    have the probability that nobody speaks.
    """

    task: Task = "transcribe"
    language: str | None = None
    prompt: str = ""
    temperature: float = 0.0
    beams: BeamParams | None = None
    beams_param: str = "use_beam_search"
    timestamps: bool = False
    no_speech: bool = False
    priority: int = 0
    tenant: str = ""
    cache_salt: str = ""
