"""The body of the re-ranking routes."""

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    MAX_CHARACTERS,
    MAX_TEXTS,
    MAX_TOKENS,
    ModelName,
    NonEmpty,
    Priority,
    RequestModel,
    encodable,
)


def _as_texts(value: Any) -> list[str]:
    """The texts of documents, which are texts or objects with a text. Raises PydanticCustomError for anything else."""
    if not isinstance(value, list) or not value:
        raise PydanticCustomError("documents", "Input should be a list of documents")
    if len(value) > MAX_TEXTS:
        raise PydanticCustomError("too_long", "Input should be at most {most} documents", {"most": MAX_TEXTS})
    texts: list[Any] = [document.get("text") if isinstance(document, dict) else document for document in value]
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            message = "Document {index} is neither a text nor an object with a text"
            raise PydanticCustomError("document", message, {"index": index})
        encodable(text)
    return texts


_TEXT = {"type": "string", "maxLength": MAX_CHARACTERS}
_SCHEMA = {
    "type": "array",
    "items": {"anyOf": [_TEXT, {"type": "object", "properties": {"text": _TEXT}, "required": ["text"]}]},
    "minItems": 1,
    "maxItems": MAX_TEXTS,
}
Documents = Annotated[list[str], PlainValidator(_as_texts), WithJsonSchema(_SCHEMA)]


class RerankRequest(RequestModel):
    """A query, and the documents to be ordered by their relevance to it."""

    model: ModelName = None
    query: NonEmpty
    documents: Annotated[Documents, Field(description="Texts, or objects with a text.")]
    top_n: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="The number of results. Default: all documents.")
    ] = None
    return_documents: Annotated[
        bool | None, Field(description="Put the documents into the results. Default: false.")
    ] = None
    max_tokens_per_doc: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="Read at most so many tokens of each document.")
    ] = None
    priority: Priority = None


EXAMPLES = request_examples(
    RerankRequest,
    documents={
        "query": "When was the bridge built?",
        "documents": ["Two rivers meet near Arlen.", "The bridge was built in 1894."],
        "top_n": 1,
        "return_documents": True,
    },
)
