"""What a client sets for a transcript."""

from dataclasses import dataclass

from service.tasks.speech.checkpoint import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptOptions:
    """``language`` None: it is found in the first window. ``prompt`` is a text that came before the recording.

    ``temperature`` 0: the best tokens, and higher temperatures where they are doubtful; above 0: this one alone.
    ``timestamps``: segments have times. Recordings longer than one window have them always. ``no_speech``: all segments
    have the probability that nobody speaks.
    """

    task: Task = "transcribe"
    language: str | None = None
    prompt: str = ""
    temperature: float = 0.0
    timestamps: bool = False
    no_speech: bool = False
    priority: int = 0
    tenant: str = ""
    cache_salt: str = ""
