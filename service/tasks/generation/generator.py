"""Prompts and messages to completion requests, checked against what the engine can hold."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from service.engine.client import EngineClient
from service.engine.protocol.token_graph import TokenGraph
from service.engine.protocol.types import SamplingParams
from service.errors import InvalidOption, InvalidPrompt, PromptTooLong, UnknownToken
from service.tasks.generation.completion import Completion
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.request import GenerationRequest
from service.tasks.text.chat_template import Message
from service.tasks.text.tokenizer import Tokenizer

_MOST_LOGPROBS = 1 << 17  # of prompt tokens, in one request: they are held until all are known, and sent at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a client wants its text. The names are those of SamplingParams; None leaves the choice to the service."""

    max_tokens: int | None = None
    min_tokens: int = 0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    seed: int | None = None  # None: another one each time
    stop: tuple[str, ...] = ()
    include_stop: bool = False
    stop_token_ids: tuple[int, ...] = ()
    ignore_eos: bool = False
    logprobs: int | None = None
    prompt_logprobs: int | None = None
    constraint: TokenGraph | None = None
    skip_special_tokens: bool = True
    n: int = 1
    priority: int = 0
    cache_salt: str = ""
    tenant: str = ""  # whom it is for


GREEDY = Options(temperature=0.0)


class Generator:
    """One model and its tokenizer, ready to continue prompts.

    ``max_output_tokens`` is what a completion may have whose client named no number.
    """

    def __init__(
        self,
        client: EngineClient,
        tokenizer: Tokenizer,
        *,
        max_output_tokens: int = 1024,
        observer: CompletionObserver | None = None,
    ) -> None:
        self.client = client
        self.tokenizer = tokenizer
        self.max_output_tokens = max_output_tokens
        self.observer = observer

    @property
    def max_tokens(self) -> int:
        """Tokens that prompt and output may have together. Raises ProcessUnavailable until the engine is ready."""
        info = self.client.info
        return min(info.max_model_len, info.kv_tokens)

    async def from_prompt(self, prompt: str | Sequence[int], options: Options) -> GenerationRequest:
        """Continue a text, or tokens as they are. Raises as ``from_tokens``, with ``param`` "prompt"."""
        tokens = await self.tokenizer.encode_async(prompt) if isinstance(prompt, str) else prompt
        return self.from_tokens(tokens, options, param="prompt")

    async def from_messages(
        self, messages: Sequence[Message], options: Options, *, continue_final_message: bool = False
    ) -> GenerationRequest:
        """Answer a conversation, or go on with its last message.

        Raises as ``from_tokens``, NoChatTemplate and ChatTemplateError, with ``param`` "messages".
        """
        tokens = await self.tokenizer.encode_chat(
            messages, add_generation_prompt=not continue_final_message, continue_final_message=continue_final_message
        )
        return self.from_tokens(tokens, options, param="messages")

    def from_tokens(
        self, tokens: Sequence[int], options: Options, *, param: str, max_output_tokens: int | None = None
    ) -> GenerationRequest:
        """Continue these tokens; errors about them name the field ``param``.

        Where the options have no ``max_tokens``, the output may have ``max_output_tokens`` tokens (None: the
        generator's number), or fewer if the context has no room for them.

        Raises InvalidPrompt, UnknownToken, PromptTooLong, InvalidOption.
        """
        if not tokens:
            raise InvalidPrompt(f"{param} is empty", param=param)
        limit = self.max_tokens
        room = limit - len(tokens)
        default = self.max_output_tokens if max_output_tokens is None else max_output_tokens
        max_tokens = min(room, default) if options.max_tokens is None else options.max_tokens
        if max_tokens > room or (options.max_tokens is None and room < 1):
            raise PromptTooLong(len(tokens), options.max_tokens, limit, param=param)
        self._check_ids(tokens, param)
        if options.min_tokens > max_tokens:
            message = f"min_tokens is {options.min_tokens}, but at most {max_tokens} tokens can be generated"
            raise InvalidOption(message, param="min_tokens")
        if options.prompt_logprobs is not None:
            _check_logprobs(options.n * len(tokens), options.prompt_logprobs)
        self._check_ids(options.logit_bias, "logit_bias")
        self._check_ids(options.stop_token_ids, "stop_token_ids")
        eos = () if options.ignore_eos else self.tokenizer.eos_token_ids
        params = SamplingParams(
            max_tokens=max_tokens,
            min_tokens=options.min_tokens,
            temperature=options.temperature,
            top_k=options.top_k,
            top_p=options.top_p,
            min_p=options.min_p,
            repetition_penalty=options.repetition_penalty,
            presence_penalty=options.presence_penalty,
            frequency_penalty=options.frequency_penalty,
            logit_bias=dict(options.logit_bias),
            seed=secrets.randbits(63) if options.seed is None else options.seed,
            stop_token_ids=tuple(dict.fromkeys([*eos, *options.stop_token_ids])),
            logprobs=options.logprobs,
            prompt_logprobs=options.prompt_logprobs,
            constraint=options.constraint,
        )
        return GenerationRequest(
            prompt=tuple(tokens),
            params=params,
            n=options.n,
            stop=options.stop,
            include_stop=options.include_stop,
            skip_special_tokens=options.skip_special_tokens,
            priority=options.priority,
            cache_salt=options.cache_salt,
            tenant=options.tenant,
        )

    def start(self, requests: Sequence[GenerationRequest], request_id: str | None = None) -> Completion:
        """Queue the requests. Raises ProcessUnavailable or RequestTooLarge."""
        return Completion(self.client, self.tokenizer, requests, self.observer, request_id)

    def _check_ids(self, ids: Collection[int], param: str) -> None:
        size = self.client.info.vocab_size
        if ids and not (min(ids) >= 0 and max(ids) < size):
            raise UnknownToken(f"{param} has a token that is not in the vocabulary of {size} tokens", param=param)


def _check_logprobs(num_tokens: int, top: int) -> None:
    """Raises InvalidOption if there would be more than are held in memory for one request."""
    if (count := num_tokens * (top + 1)) > _MOST_LOGPROBS:
        message = (
            f"logprobs: {num_tokens} prompt tokens (n times) with {top} alternatives each are {count} log "
            f"probabilities; the limit is {_MOST_LOGPROBS}"
        )
        raise InvalidOption(message, param="logprobs")
