"""The answers of TGI's routes that generate text."""

from typing import Literal

from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.engine.protocol.outputs import FinishReason
from service.tasks.generation.choice import Choice, Delta

TgiFinishReason = Literal["length", "eos_token", "stop_sequence"]


class TgiPrefillToken(ResponseModel):
    """A token of the prompt. The first one has no log probability."""

    id: int
    text: str
    logprob: float | None


class TgiToken(ResponseModel):
    """A generated token. ``text`` is what it adds to the generated text."""

    id: int
    text: str
    logprob: float
    special: bool


class TgiSequence(ResponseModel):
    """One of the texts of ``best_of``."""

    generated_text: str
    finish_reason: TgiFinishReason
    generated_tokens: int
    seed: int | None
    prefill: list[TgiPrefillToken]
    tokens: list[TgiToken]
    top_tokens: list[list[TgiToken]] | UnsetType = UNSET


class TgiDetails(ResponseModel):
    """The tokens of the text, and why it ended."""

    finish_reason: TgiFinishReason
    generated_tokens: int
    seed: int | None
    prefill: list[TgiPrefillToken]
    tokens: list[TgiToken]
    top_tokens: list[list[TgiToken]] | UnsetType = UNSET
    best_of_sequences: list[TgiSequence] | UnsetType = UNSET


class TgiResponse(ResponseModel):
    """The whole text."""

    generated_text: str
    details: TgiDetails | UnsetType = UNSET


class TgiStreamDetails(ResponseModel):
    """Why the text ended."""

    finish_reason: TgiFinishReason
    generated_tokens: int
    seed: int | None
    input_length: int


class TgiStreamResponse(ResponseModel):
    """An event: one token. The last one has the whole text."""

    index: int
    token: TgiToken
    top_tokens: list[TgiToken] | UnsetType = UNSET
    generated_text: str | None = None
    details: TgiStreamDetails | None = None


def tgi_finish_reason(choice: Choice | Delta) -> TgiFinishReason:
    """Why a choice that has ended did so, in TGI's words."""
    if choice.finish is FinishReason.LENGTH:
        return "length"
    return "stop_sequence" if isinstance(choice.stop, str) else "eos_token"


EXAMPLE = TgiResponse(
    "\n    return a + b",
    TgiDetails(
        "eos_token",
        3,
        None,
        [],
        [
            TgiToken(198, "\n   ", -0.12, False),
            TgiToken(689, " return a + b", -0.05, False),
            TgiToken(151645, "", -0.3, True),
        ],
    ),
)
EXAMPLE_EVENTS = (
    TgiStreamResponse(1, TgiToken(198, "\n    return a + b", -0.12, False)),
    TgiStreamResponse(
        2,
        TgiToken(151645, "", -0.3, True),
        generated_text="\n    return a + b",
        details=TgiStreamDetails("eos_token", 2, None, 9),
    ),
)
