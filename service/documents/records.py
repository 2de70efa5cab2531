"""A document in the database: its record, which changes with its progress, and its request, which does not."""

from enum import StrEnum

from msgspec import Struct

from service.documents.windows import Pivot
from service.tasks.generation.options import Options
from service.tasks.translation import TranslationOrder


class DocumentStatus(StrEnum):
    """The states of a document. The last two are its ends."""

    QUEUED = "queued"
    TRANSLATING = "translating"
    DONE = "done"
    FAILED = "failed"


class DocumentProblem(Struct, frozen=True, kw_only=True):
    """Why a document failed, for programs and in words. ``is_fault``: because of the service, not of the document."""

    code: str
    message: str
    is_fault: bool = False


class DocumentRequest(Struct, frozen=True, kw_only=True):
    """What the client wants of a document. It may be far larger than the file, and nobody reads it but the translation.

    ``order`` has no texts. ``options`` are those of each segment, except its place in the queue.
    """

    order: TranslationOrder
    options: Options


class DocumentRecord(Struct, frozen=True, kw_only=True):
    """A document. ``owner`` names the key that made it, see ``Caller.owner``; ``secret`` is a second proof of it.

    It is written with every window of segments, so it has nothing that may be large. Times are Unix seconds.

    ``columns`` are those of a table, ``encoding`` is that of subtitles, and ``result_encoding`` the one of the
    translated file, if that could not be kept. ``model`` is None for the default model. ``characters`` are those of
    the file's texts. ``source_lang`` is None until it is known. ``segments`` are the different sentences, 0 until the
    file is read for translation; ``flags`` counts the doubts about those that are ``done``. ``plan`` identifies the
    segments, in their order. ``pivot`` is the language that a window of segments went through.
    """

    id: str
    owner: str
    secret: str
    filename: str
    format: str
    target_lang: str
    characters: int
    created_at: int
    columns: tuple[str, ...] = ()
    encoding: str | None = None
    model: str | None = None
    status: DocumentStatus = DocumentStatus.QUEUED
    source_lang: str | None = None
    plan: str = ""
    segments: int = 0
    done: int = 0
    flags: dict[str, int] = {}
    prompt_tokens: int = 0
    completion_tokens: int = 0
    problem: DocumentProblem | None = None
    pivot: Pivot | None = None
    result_encoding: str | None = None
    ended_at: int | None = None
    expires_at: int | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing about the document will change."""
        return self.ended_at is not None
