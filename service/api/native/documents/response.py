"""Documents as clients read them."""

from service.api.native.translate.response import PivotReport
from service.api.openapi.example_values import EXAMPLE_CREATED
from service.api.wire.response_model import ResponseModel
from service.documents.records import DocumentProblem, DocumentRecord, DocumentStatus


class DocumentSegments(ResponseModel):
    """The different sentences of the file, each translated once: all, 0 until the file is read, and those done."""

    total: int
    done: int


class DocumentUsage(ResponseModel):
    """The tokens of all sentences that are done."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class DocumentFailure(ResponseModel):
    """Why a document failed."""

    code: str
    message: str


class Document(ResponseModel):
    """A document. Times are Unix seconds; ``expires_at`` is when an ended one is deleted.

    ``status`` is queued, translating, done or failed. ``source_lang`` is null until it is known, and if the file has
    several languages. ``flags`` counts the doubts about the sentences that are done, by the names of ``/v1/translate``;
    untranslated ones are longer than the model takes, and as they were. ``encoding`` is that of the translated file, if
    it could not be the one of the file. ``pivot`` is null unless sentences went through one. ``billed_characters`` is 0
    until it is done.
    """

    id: str
    object: str
    status: str
    filename: str
    format: str
    source_lang: str | None
    target_lang: str
    segments: DocumentSegments
    flags: dict[str, int]
    billed_characters: int
    usage: DocumentUsage
    encoding: str | None
    pivot: PivotReport | None
    problem: DocumentFailure | None
    created_at: int
    ended_at: int | None
    expires_at: int | None

    @classmethod
    def of(cls, record: DocumentRecord) -> "Document":
        """The document as an object."""
        prompt, completion = record.prompt_tokens, record.completion_tokens
        problem = record.problem
        return cls(
            id=record.id,
            object="document",
            status=record.status.value,
            filename=record.filename,
            format=record.format,
            source_lang=record.source_lang,
            target_lang=record.target_lang,
            segments=DocumentSegments(record.segments, record.done),
            flags=record.flags,
            billed_characters=billed_characters(record),
            usage=DocumentUsage(prompt, completion, prompt + completion),
            encoding=record.result_encoding,
            pivot=None if record.pivot is None else PivotReport.of(record.pivot.language, record.pivot.models),
            problem=None if problem is None else DocumentFailure(problem.code, problem.message),
            created_at=record.created_at,
            ended_at=record.ended_at,
            expires_at=record.expires_at,
        )


class DeletedDocument(ResponseModel):
    """A document that is no more."""

    id: str
    object: str
    deleted: bool


def billed_characters(record: DocumentRecord) -> int:
    """The characters of the file's texts, once they are translated."""
    return record.characters if record.status is DocumentStatus.DONE else 0


_QUEUED = DocumentRecord(
    id="doc-0d9c2f3f8a7b4f0f9b0f1a2b3c4d5e6f",
    owner="",
    secret="",
    filename="menu.po",
    format="po",
    source_lang="en",
    target_lang="fr",
    characters=3180,
    created_at=EXAMPLE_CREATED,
)
EXAMPLE = Document.of(_QUEUED)
EXAMPLE_FAILED = Document.of(
    DocumentRecord(
        **{name: getattr(_QUEUED, name) for name in _QUEUED.__struct_fields__}
        | {
            "status": DocumentStatus.FAILED,
            "segments": 60,
            "done": 32,
            "flags": {"copied": 1},
            "problem": DocumentProblem(code="model_not_found", message="no model 'large' is served"),
            "ended_at": EXAMPLE_CREATED + 60,
            "expires_at": EXAMPLE_CREATED + 86460,
        }
    )
)
EXAMPLE_DELETED = DeletedDocument(_QUEUED.id, "document", True)
