"""The records of files and batches in the database. Times are Unix seconds."""

from enum import StrEnum

from msgspec import Struct


class BatchStatus(StrEnum):
    """The states of a batch. The last four are its ends."""

    VALIDATING = "validating"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


ENDED = frozenset({BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.EXPIRED, BatchStatus.CANCELLED})


class FileRecord(Struct, frozen=True, kw_only=True):
    """A file. ``owner`` names the key that made it, see ``Caller.owner``; ``purpose`` is batch or batch_output."""

    id: str
    owner: str
    filename: str
    purpose: str
    bytes: int
    created_at: int
    expires_at: int


class LineProblem(Struct, frozen=True, kw_only=True):
    """Why a batch failed before any line was computed. ``line`` counts from 1; None: the whole file."""

    code: str
    message: str
    param: str | None = None
    line: int | None = None


class TokenCounts(Struct, frozen=True):
    """The tokens of computed lines."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, other: "TokenCounts") -> "TokenCounts":
        return TokenCounts(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )


class BatchRecord(Struct, frozen=True, kw_only=True):
    """A batch. ``output_seconds`` is the lifetime of the files that it makes.

    ``model`` is the model of all lines, None before the input is read and if the lines name several.
    """

    id: str
    owner: str
    endpoint: str
    input_file_id: str
    created_at: int
    expires_at: int
    output_seconds: int
    metadata: dict[str, str] | None = None
    status: BatchStatus = BatchStatus.VALIDATING
    model: str | None = None
    total: int = 0
    completed: int = 0
    failed: int = 0
    tokens: TokenCounts = TokenCounts()
    problems: tuple[LineProblem, ...] = ()
    output_file_id: str | None = None
    error_file_id: str | None = None
    in_progress_at: int | None = None
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing about the batch will change."""
        return self.status in ENDED
