"""Windows: segments of a document that are translated at once, and how to ask for their translation."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from service.tasks.generation.options import Options
from service.tasks.translation.plan import TranslationPlan


class Pivot(Struct, frozen=True, kw_only=True):
    """The code of a language that translations went through, and the models that translated into it and from it."""

    language: str
    models: tuple[str, str]


class SegmentResult(Struct, frozen=True, array_like=True):
    """The translation of one segment of a document, by its number."""

    number: int
    text: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Segments of one document for the key ``owner``. ``numbers[i]`` is that of the segment ``plan.segments[i]``."""

    owner: str
    model: str | None
    options: Options
    numbers: Sequence[int]
    plan: TranslationPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowResult:
    """The translations of a window, the tokens that they took, and the pivot if there was one."""

    segments: Sequence[SegmentResult]
    prompt_tokens: int
    completion_tokens: int
    pivot: Pivot | None = None


class TryAgain(Exception):
    """The window cannot be translated now, but may be after ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class WindowRefused(Exception):
    """The window cannot be translated.

    ``is_too_long``: because a segment does not fit into the model's context. ``is_fault``: because the service failed.
    """

    def __init__(self, code: str, message: str, *, is_too_long: bool, is_fault: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_too_long = is_too_long
        self.is_fault = is_fault


class Asking(Protocol):
    """Translates windows of documents with the model that they name."""

    @property
    def width(self) -> int:
        """The most sequences that the next window should have: one for each segment and for each of its samples."""

    @property
    def readable(self) -> Container[str]:
        """The bases of the languages in which a text may be found to be."""

    async def translate(self, window: Window) -> WindowResult:
        """The translation of a window. Raises TryAgain or WindowRefused."""
