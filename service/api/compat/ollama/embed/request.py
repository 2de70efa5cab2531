"""The bodies of ``POST /api/embed`` and ``POST /api/embeddings``."""

from typing import Annotated

from pydantic import Field

from service.api.compat.ollama.fields import OllamaFields
from service.api.requests.examples import request_examples
from service.api.requests.fields import NonEmpty, TextOrTexts


class OllamaEmbedRequest(OllamaFields):
    """Texts to embed."""

    input: Annotated[TextOrTexts, Field(description="A text or a list of texts.")]
    truncate: Annotated[
        bool | None, Field(description="Cut the end of longer texts than the model takes. Default: true.")
    ] = None
    dimensions: Annotated[int | None, Field(ge=1, le=1 << 16, description="Cut the vectors to so many numbers.")] = None


class OllamaEmbeddingsRequest(OllamaFields):
    """One text to embed, in the older form."""

    prompt: NonEmpty


EXAMPLES = request_examples(
    OllamaEmbedRequest, texts={"model": "all-minilm-l6-v2", "input": ["Two rivers meet near Arlen."]}
)
OLDER_EXAMPLES = request_examples(
    OllamaEmbeddingsRequest, text={"model": "all-minilm-l6-v2", "prompt": "Two rivers meet near Arlen."}
)
