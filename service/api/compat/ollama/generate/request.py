"""The body of ``POST /api/generate``."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.compat.ollama.fields import OllamaTextFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples
from service.api.requests.fields import Text, contradiction


class OllamaGenerateRequest(OllamaTextFields):
    """A prompt to answer, or with ``raw`` to continue."""

    prompt: Annotated[Text | None, Field(description="Without a prompt the model is loaded.")] = None
    system: Annotated[Text | None, Field(description="A system message before the prompt.")] = None
    suffix: Annotated[Text | None, Field(description="What follows: the answer is the text between the two.")] = None
    raw: Annotated[bool | None, Field(description="Continue the prompt as it is.")] = None

    @model_validator(mode="after")
    def _the_prompt_is_the_whole_prompt(self) -> "OllamaGenerateRequest":
        if self.raw and self.system:
            raise contradiction("system", "system and raw exclude each other")
        if self.suffix and self.system:
            raise contradiction(
                "suffix", "suffix and system exclude each other: a model that fills in reads no messages"
            )
        return self


EXAMPLES = request_examples(
    OllamaGenerateRequest,
    stream={"model": EXAMPLE_MODEL, "prompt": "Why is the sky blue?"},
    suffix={"model": EXAMPLE_MODEL, "prompt": "def add(a, b):\n    return ", "suffix": "\n", "stream": False},
    raw={"model": EXAMPLE_MODEL, "prompt": "def add(a, b):", "raw": True, "stream": False},
)
