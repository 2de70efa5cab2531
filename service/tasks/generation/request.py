"""A tokenized prompt and how to continue it."""

from dataclasses import dataclass

from service.engine.protocol.sampling_params import SamplingParams


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A tokenized prompt that is continued ``n`` times, ready for the engine.

    ``params.stop_token_ids`` hold the end-of-sequence tokens, unless the client asked to ignore them.
    """

    prompt: tuple[int, ...]
    params: SamplingParams
    n: int = 1
    stop: tuple[str, ...] = ()  # strings that end a choice
    include_stop: bool = False  # whether the stop string or the stop token is part of the text
    skip_special_tokens: bool = True
    priority: int = 0
    cache_salt: str = ""
    tenant: str = ""
