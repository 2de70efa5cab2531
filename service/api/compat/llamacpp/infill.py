"""The body of ``POST /infill``."""

from typing import Annotated

from pydantic import Field

from service.api.compat.llamacpp.request import LlamaTextFields
from service.api.requests.examples import request_examples
from service.api.requests.fields import RequestModel, Text
from service.tasks.text.fill_in import Gap

_MAX_FILES = 256


class LlamaFile(RequestModel):
    """Another file of the repository, or a part of one."""

    text: Text
    filename: Annotated[Text | None, Field(max_length=4096)] = None


class LlamaInfillRequest(LlamaTextFields):
    """A text with a gap."""

    input_prefix: Annotated[Text, Field(description="The text before the gap.")]
    input_suffix: Annotated[Text, Field(description="The text after the gap.")]
    input_extra: Annotated[
        list[LlamaFile] | None, Field(max_length=_MAX_FILES, description="Other files, the most useful last.")
    ] = None
    prompt: Annotated[Text | None, Field(description="The beginning of the text in the gap.")] = None

    def gap(self) -> Gap:
        """What surrounds the text that is asked for."""
        return Gap(
            suffix=self.input_suffix,
            beginning=self.prompt or "",
            files=[(each.filename or "tmp", each.text) for each in self.input_extra or ()],
            param="input_suffix",
        )


INFILL_EXAMPLES = request_examples(
    LlamaInfillRequest,
    text={"input_prefix": "def add(a, b):\n    return ", "input_suffix": "\n\nprint(add(1, 2))\n", "n_predict": 16},
    stream={
        "input_prefix": "def add(a, b):\n",
        "input_suffix": "\n",
        "input_extra": [{"filename": "numbers.py", "text": "ONE = 1\n"}],
        "stream": True,
    },
)
