"""Batches as OpenAI's clients read them."""

from collections.abc import Sequence

from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL
from service.api.wire.response_model import ResponseModel
from service.batches.records import BatchRecord, BatchStatus, LineProblem, TokenCounts


class BatchError(ResponseModel):
    """A fault of one line of the input; ``line`` is null for a fault of the whole file."""

    code: str
    message: str
    param: str | None
    line: int | None


class BatchErrors(ResponseModel):
    """Why a batch failed."""

    object: str
    data: list[BatchError]


class BatchRequestCounts(ResponseModel):
    """Lines: all, those with an answer, those with an error."""

    total: int
    completed: int
    failed: int


class InputTokensDetails(ResponseModel):
    """Tokens of prompts that were cached."""

    cached_tokens: int


class OutputTokensDetails(ResponseModel):
    """Tokens of thoughts."""

    reasoning_tokens: int


class BatchUsage(ResponseModel):
    """Tokens of all lines with an answer."""

    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int

    @classmethod
    def of(cls, tokens: TokenCounts) -> "BatchUsage":
        """The counts as an object."""
        inputs, outputs = InputTokensDetails(tokens.cached), OutputTokensDetails(tokens.reasoning)
        return cls(tokens.input, inputs, tokens.output, outputs, tokens.input + tokens.output)


class Batch(ResponseModel):
    """A batch. Times are Unix seconds, null until it happens; ``model`` is null while unknown, and if lines differ."""

    id: str
    object: str
    endpoint: str
    model: str | None
    errors: BatchErrors | None
    input_file_id: str
    completion_window: str
    status: str
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    in_progress_at: int | None
    expires_at: int
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: BatchRequestCounts
    usage: BatchUsage
    metadata: dict[str, str] | None

    @classmethod
    def of(cls, batch: BatchRecord) -> "Batch":
        """The batch as an object."""
        errors = [BatchError(each.code, each.message, each.param, each.line) for each in batch.problems]
        return cls(
            id=batch.id,
            object="batch",
            endpoint=batch.endpoint,
            model=batch.model,
            errors=BatchErrors("list", errors) if errors else None,
            input_file_id=batch.input_file_id,
            completion_window="24h",
            status=batch.status.value,
            output_file_id=batch.output_file_id,
            error_file_id=batch.error_file_id,
            created_at=batch.created_at,
            in_progress_at=batch.in_progress_at,
            expires_at=batch.expires_at,
            finalizing_at=batch.finalizing_at,
            completed_at=batch.completed_at,
            failed_at=batch.failed_at,
            expired_at=batch.expired_at,
            cancelling_at=batch.cancelling_at,
            cancelled_at=batch.cancelled_at,
            request_counts=BatchRequestCounts(batch.total, batch.completed, batch.failed),
            usage=BatchUsage.of(batch.tokens),
            metadata=batch.metadata,
        )


class BatchList(ResponseModel):
    """A page of batches."""

    object: str
    data: list[Batch]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def page(cls, batches: Sequence[BatchRecord], limit: int) -> "BatchList":
        """Up to ``limit`` of these batches; one more says that there are more."""
        data = [Batch.of(batch) for batch in batches[:limit]]
        first, last = (data[0].id, data[-1].id) if data else (None, None)
        return cls("list", data, first, last, len(batches) > limit)


_CREATED = BatchRecord(
    id="batch_0d9c2f3f8a7b4f0f9b0f1a2b3c4d5e6f",
    owner="",
    endpoint="/v1/chat/completions",
    input_file_id="file-5f0c1e7b6a5d4b7f9a1f6d0c2b3e4a5d",
    created_at=EXAMPLE_CREATED,
    expires_at=EXAMPLE_CREATED + 24 * 3600,
    output_seconds=30 * 24 * 3600,
    metadata={"run": "nightly"},
)
_FAILED = BatchRecord(
    id="batch_7a1b2c3d4e5f60718293a4b5c6d7e8f9",
    owner="",
    endpoint="/v1/chat/completions",
    input_file_id="file-0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    created_at=EXAMPLE_CREATED,
    expires_at=EXAMPLE_CREATED + 24 * 3600,
    output_seconds=30 * 24 * 3600,
    status=BatchStatus.FAILED,
    model=EXAMPLE_MODEL,
    total=2,
    failed_at=EXAMPLE_CREATED + 1,
    problems=(LineProblem(code="invalid_json_line", message="The line is not valid JSON", line=2),),
)
EXAMPLE = Batch.of(_CREATED)
EXAMPLE_LIST = BatchList.page([_FAILED, _CREATED], 20)
