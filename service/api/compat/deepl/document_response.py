"""Documents as DeepL's clients read them."""

from service.api.native.documents.response import billed_characters
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.documents.records import DocumentRecord, DocumentStatus


class DeepLDocument(ResponseModel):
    """A document, and the key that its other routes want."""

    document_id: str
    document_key: str


class DeepLDocumentStatus(ResponseModel):
    """``status`` is queued, translating, done or error. What is not known yet is left out."""

    document_id: str
    status: str
    seconds_remaining: int | UnsetType = UNSET
    billed_characters: int | UnsetType = UNSET
    error_message: str | UnsetType = UNSET

    @classmethod
    def of(cls, record: DocumentRecord, now: float) -> "DeepLDocumentStatus":
        """The state of a document at this time, in Unix seconds."""
        is_done = record.status is DocumentStatus.DONE
        return cls(
            document_id=record.id,
            status="error" if record.status is DocumentStatus.FAILED else record.status.value,
            seconds_remaining=_seconds_remaining(record, now),
            billed_characters=billed_characters(record) if is_done else UNSET,
            error_message=UNSET if record.problem is None else record.problem.message,
        )


def _seconds_remaining(record: DocumentRecord, now: float) -> int | UnsetType:
    """The time that the rest takes if it is as fast as what is done."""
    if record.has_ended or not record.done:
        return UNSET
    return round((now - record.created_at) * (record.segments - record.done) / record.done)


UPLOAD_EXAMPLE = DeepLDocument("doc-0d9c2f3f8a7b4f0f9b0f1a2b3c4d5e6f", "0" * 64)
STATUS_EXAMPLE = DeepLDocumentStatus(UPLOAD_EXAMPLE.document_id, "translating", seconds_remaining=20)
