"""The parts that the answers of chat completions and completions share."""

import time
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from service.api.openai.fields import OpenAIFields
from service.api.responses.usage import ResponseUsage
from service.api.wire.response_model import UNSET, UnsetType
from service.serving.adapter import ServedAdapter
from service.serving.model import ServedModel
from service.tasks.conversation.turns import Turns
from service.tasks.generation.completion import Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIAnswer:
    """The values that are the same in all parts of one answer."""

    id: str
    created: int  # Unix seconds
    model: str
    fingerprint: str
    include_stop: bool  # whether a stop token belongs to the text, and so to the log probabilities
    include_usage: bool
    continuous_usage: bool
    token_ids: bool  # whether the answer has the ids of its tokens
    tokens_as_ids: bool  # whether log probabilities name tokens by their ids
    prompt_logprobs: int | None  # alternatives of each token of the prompt; None: no log probabilities of the prompt

    @classmethod
    def from_body(cls, body: OpenAIFields, model: ServedModel | ServedAdapter, *, prefix: str) -> Self:
        """A new answer to this body. Its id begins with ``prefix``."""
        return cls(
            id=f"{prefix}-{uuid4().hex}",
            created=int(time.time()),
            model=model.name,
            fingerprint=model.fingerprint,
            include_stop=bool(body.include_stop_str_in_output),
            include_usage=body.include_usage,
            continuous_usage=body.continuous_usage,
            token_ids=bool(body.return_token_ids),
            tokens_as_ids=bool(body.return_tokens_as_token_ids),
            prompt_logprobs=body.prompt_logprobs,
        )

    def chunk_usage(self, work: Completion | Turns) -> ResponseUsage | UnsetType | None:
        """The field ``usage`` of a chunk."""
        if not self.include_usage:
            return UNSET
        return ResponseUsage.from_usage(work.usage) if self.continuous_usage else None
