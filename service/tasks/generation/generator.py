"""The generator: turns prompts and messages into generation requests that fit into the engine."""

import asyncio
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace

import msgspec

from service.engine.client import EngineClient
from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.forbidden_sequences import ForbiddenSequences
from service.errors import InvalidOption, InvalidPrompt, PromptTooLong, UnknownToken
from service.tasks.encoder_decoder.source_frame import SourceFrame
from service.tasks.generation.completion import Completion
from service.tasks.generation.filling import filling_options, filling_prompt
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from service.tasks.text.chat_template import Message
from service.tasks.text.fill_in import Gap
from service.tasks.text.tokenizer import Tokenizer

_MOST_LOGPROBS = 1 << 17  # of the prompt tokens of one request, which are held until all are known


class Generator:
    """One model and its tokenizer, ready to continue prompts.

    ``max_output_tokens`` limits the output if the client sets no ``max_tokens``. ``adapter`` is the name of the loaded
    adapter that continues the prompts; empty: the model alone. With a ``frame`` the model is an encoder-decoder, and
    prompts are its sources. ``forbidden`` are sequences of tokens that no output has.
    """

    def __init__(
        self,
        client: EngineClient,
        tokenizer: Tokenizer,
        *,
        max_output_tokens: int = 1024,
        observer: CompletionObserver | None = None,
        adapter: str = "",
        frame: SourceFrame | None = None,
        forbidden: tuple[tuple[int, ...], ...] = (),
    ) -> None:
        self.client = client
        self.tokenizer = tokenizer
        self.max_output_tokens = max_output_tokens
        self.observer = observer
        self.adapter = adapter
        self.frame = frame
        self._forbidden = forbidden

    @property
    def max_tokens(self) -> int:
        """Tokens that prompt and output may have together. Raises ProcessUnavailable until the engine is ready."""
        info = self.client.info
        return min(info.max_model_len, info.kv_tokens)

    async def from_prompt(
        self,
        prompt: str | Sequence[int],
        options: Options,
        *,
        gap: Gap | None = None,
        add_special_tokens: bool = True,
        max_output_tokens: int | None = None,
    ) -> GenerationRequest:
        """Continue a text, or tokens as they are; before a ``gap`` they are filled in.

        Raises what ``from_tokens`` raises, with ``param`` "prompt", and InvalidOption for a structure that cannot be
        obeyed, or a gap for a model that cannot fill in.
        """
        if gap is not None:
            prompt = await filling_prompt(self.tokenizer, prompt, gap, start=add_special_tokens)
            options = filling_options(self.tokenizer, options)
        if isinstance(prompt, str) and self.frame is not None:
            prompt = self.frame.around(await self.tokenizer.encode_async(prompt, add_special_tokens=False))
        elif isinstance(prompt, str):
            prompt = await self.tokenizer.encode_async(prompt, add_special_tokens=add_special_tokens)
        return await self.from_encoded(prompt, options, param="prompt", max_output_tokens=max_output_tokens)

    async def from_messages(
        self,
        messages: Sequence[Message],
        options: Options,
        *,
        add_generation_prompt: bool = True,
        continue_final_message: bool = False,
    ) -> GenerationRequest:
        """Answer a conversation, or continue its last message.

        Raises NoChatTemplate, ChatTemplateError and what ``from_prompt`` raises, with ``param`` "messages".
        """
        tokens = await self.tokenizer.encode_chat(
            messages,
            add_generation_prompt=add_generation_prompt and not continue_final_message,
            continue_final_message=continue_final_message,
        )
        return await self.from_encoded(tokens, options, param="messages")

    async def from_encoded(
        self, tokens: Sequence[int], options: Options, *, param: str, max_output_tokens: int | None = None
    ) -> GenerationRequest:
        """As ``from_tokens``, with what takes time: the structure, the forbidden words and the prediction.

        Raises InvalidOption for a structure that cannot be obeyed.
        """
        resolved = await self._resolved(options)
        source: Sequence[int] = ()
        if self.frame is not None:
            if not tokens:
                raise InvalidPrompt(f"{param} is empty", param=param)
            source, tokens = tokens, self.frame.prompt
        request = self.from_tokens(tokens, resolved, param=param, max_output_tokens=max_output_tokens, source=source)
        return await self._with_prediction(request)

    def from_tokens(
        self,
        tokens: Sequence[int],
        options: Options,
        *,
        param: str,
        max_output_tokens: int | None = None,
        source: Sequence[int] = (),
    ) -> GenerationRequest:
        """Continue these tokens, for a ``source`` if the model is an encoder-decoder.

        Errors about them name the field ``param``, and those about ``max_tokens`` its field.

        If the options have no ``max_tokens``, the output may have ``max_output_tokens`` tokens (None: the generator's
        limit), or fewer if the context has no room for them. With ``fill_context`` it may fill the context, and a
        ``max_tokens`` for which there is no room means all that fit.

        Raises InvalidPrompt, UnknownToken, PromptTooLong, InvalidOption.
        """
        limit = self.max_tokens
        if source:
            self._check_source(source, options, param)
        default = self.max_output_tokens if max_output_tokens is None else max_output_tokens
        tokens = _truncated(tokens, options, limit, default)
        if not tokens:
            raise InvalidPrompt(f"{param} is empty", param=param)
        room = limit - len(tokens)
        most = room if options.fill_context else min(room, default)
        wanted = options.max_tokens
        max_tokens = most if wanted is None else min(wanted, room) if options.fill_context else wanted
        if max_tokens > room or (max_tokens != wanted and room < 1):
            blamed = param if room < 1 else options.max_tokens_param
            raise PromptTooLong(len(tokens), None if options.fill_context else wanted, limit, param=blamed)
        self._check_ids(tokens, param)
        params = options.params
        if params.min_tokens > max_tokens:
            message = f"min_tokens is {params.min_tokens}, but at most {max_tokens} tokens can be generated"
            raise InvalidOption(message, param="min_tokens")
        if params.beams is not None:
            beams = self._beams(options, params.beams, len(source), len(tokens), max_tokens)
            params = msgspec.structs.replace(params, beams=beams)
        if params.prompt_logprobs is not None:
            _check_logprobs(options.n * len(tokens), params.prompt_logprobs)
        self._check_ids(params.logit_bias, "logit_bias")
        self._check_ids(params.stop_token_ids, "stop_token_ids")
        self._check_ids(params.allowed_token_ids, "allowed_token_ids")
        eos = () if options.ignore_eos else self.tokenizer.eos_token_ids
        params = msgspec.structs.replace(
            params,
            max_tokens=max_tokens,
            seed=secrets.randbits(63) if options.seed is None else options.seed,
            stop_token_ids=tuple(dict.fromkeys([*eos, *params.stop_token_ids])),
            forbidden=self._with_forbidden(params.forbidden),
        )
        return GenerationRequest(prompt=tuple(tokens), options=replace(options, params=params), source=tuple(source))

    def start(self, requests: Sequence[GenerationRequest], request_id: str | None = None) -> Completion:
        """Queue the requests. Raises ProcessUnavailable or RequestTooLarge."""
        return Completion(self.client, self.tokenizer, requests, self.observer, request_id, adapter=self.adapter)

    async def _with_prediction(self, request: GenerationRequest) -> GenerationRequest:
        """The request with the tokens of its options' prediction, as many as an output can have."""
        if not request.options.prediction:
            return request
        tokens = await self.tokenizer.encode_async(request.options.prediction, add_special_tokens=False)
        return replace(request, prediction=tuple(tokens[: self.max_tokens]))

    async def _resolved(self, options: Options) -> Options:
        """The options with the grammar of their structure and the tokens of their words. Raises InvalidOption."""
        if options.structure is not None:
            options = options.with_values(constraint=await options.structure.compile())
        if options.bad_words:
            forbidden = await asyncio.to_thread(_spellings, options.bad_words, self.tokenizer)
            options = options.with_values(forbidden=forbidden)
        return options

    def _check_source(self, source: Sequence[int], options: Options, param: str) -> None:
        """Raises PromptTooLong, UnknownToken, or InvalidOption for an option that a source does not have."""
        if options.truncate_prompt_tokens is not None:
            raise InvalidOption("the prompts of this model are not truncated", param="truncate_prompt_tokens")
        if options.params.prompt_logprobs is not None:
            raise InvalidOption("this model has no probabilities of prompts", param="prompt_logprobs")
        limit = self.client.info.max_source_len
        if len(source) > limit:
            raise PromptTooLong(len(source), None, limit, param=param)
        self._check_ids(source, param)

    def _with_forbidden(self, forbidden: ForbiddenSequences | None) -> ForbiddenSequences | None:
        """The client's sequences and those of the model."""
        if not self._forbidden:
            return forbidden
        return ForbiddenSequences((*self._forbidden, *(forbidden.sequences if forbidden else ())))

    def _beams(self, options: Options, beams: BeamParams, source: int, prompt: int, output: int) -> BeamParams | None:
        """The beams of a search for the choices of ``options``; None if nothing is generated. Raises InvalidOption."""
        info, param = self.client.info, options.beams_param
        if not output:
            return None
        if options.params.logprobs is not None:
            raise InvalidOption(f"{param}: a beam search has a score, and no log probabilities of tokens", param=param)
        if beams.num_beams > info.max_num_seqs:
            message = (
                f"{param}: {beams.num_beams} beams are more than the {info.max_num_seqs} sequences that run at once"
            )
            raise InvalidOption(message, param=param)
        blocks = beams.most_blocks(prompt, output, info.block_size) + -(-source // info.block_size)
        if blocks > info.num_blocks:
            message = f"{param}: {beams.num_beams} beams of {prompt + output} tokens do not fit into the KV cache"
            raise InvalidOption(message, param=param)
        num_forced = prompt - 1 if source else 0  # behind the start token of a decoder
        return msgspec.structs.replace(beams, num_return=options.n, num_forced=num_forced)

    def _check_ids(self, ids: Collection[int], param: str) -> None:
        size = self.client.info.vocab_size
        if ids and not (min(ids) >= 0 and max(ids) < size):
            raise UnknownToken(f"{param} has a token that is not in the vocabulary of {size} tokens", param=param)


def _truncated(tokens: Sequence[int], options: Options, limit: int, default: int) -> Sequence[int]:
    """The last tokens of a prompt, as the options want. -1 leaves room for the output, and at least one token."""
    count = options.truncate_prompt_tokens
    if count is None:
        return tokens
    if count < 0:
        count = max(1, limit - (default if options.max_tokens is None else options.max_tokens))
    return tokens[max(0, len(tokens) - count) :]


def _spellings(words: Sequence[str], tokenizer: Tokenizer) -> ForbiddenSequences:
    """The words as tokens, at the beginning of a text or after a space."""
    texts = [text for word in words for text in (word.lstrip(), f" {word.lstrip()}")]
    encoded = [tuple(tokenizer.encode(text, add_special_tokens=False)) for text in texts]
    return ForbiddenSequences(tuple(dict.fromkeys(filter(None, encoded))))


def _check_logprobs(num_tokens: int, top: int) -> None:
    """Raises InvalidOption if one request would hold more log probabilities in memory than are allowed."""
    if (count := num_tokens * (top + 1)) > _MOST_LOGPROBS:
        message = (
            f"logprobs: {num_tokens} prompt tokens (n times) with {top} alternatives each are {count} log "
            f"probabilities; the limit is {_MOST_LOGPROBS}"
        )
        raise InvalidOption(message, param="logprobs")
