"""Decodes the windows of one recording in the engine."""

import math
from collections.abc import Sequence

from service.engine.client import EngineClient
from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.source import Features
from service.engine.protocol.transcript_rules import TranscriptRules
from service.errors import EngineError, PoisonPill, ProcessUnavailable
from service.tasks.generation.token_clock import TokenClock
from service.tasks.generation.usage import Usage
from service.tasks.speech.attempts import Attempt
from service.tasks.speech.checkpoint import SpeechCheckpoint
from service.tasks.speech.options import TranscriptOptions
from service.tasks.text.tokenizer import Tokenizer


class WindowDecoder:
    """Sends requests about windows, one at a time, and counts their tokens. Equal windows are encoded once."""

    def __init__(
        self,
        client: EngineClient,
        checkpoint: SpeechCheckpoint,
        tokenizer: Tokenizer,
        options: TranscriptOptions,
        beams: BeamParams,
        clock: TokenClock,
        request_id: str,
    ) -> None:
        self.finishes: list[FinishReason] = []  # of the requests that have ended
        self._client = client
        self._checkpoint = checkpoint
        self._tokenizer = tokenizer
        self._options = options
        self._beams = beams
        self._clock = clock
        self._id = request_id
        self._sent = 0
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._cached_tokens = 0

    @property
    def usage(self) -> Usage:
        """The tokens of all requests so far."""
        return Usage(self._prompt_tokens, self._completion_tokens, self._cached_tokens)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens: timestamps and all other special tokens have none."""
        return self._tokenizer.decode([token for token in tokens if token < self._checkpoint.end])

    async def find_language(self, features: Features) -> str:
        """The likeliest language of a window."""
        languages = self._checkpoint.languages
        params = SamplingParams(max_tokens=1, temperature=0.0, allowed_token_ids=tuple(languages.values()))
        (output,) = await self._run(features, (self._checkpoint.start,), params)
        return next(code for code, id in languages.items() if id == output.token)

    async def no_speech_probability(self, features: Features) -> float:
        """The probability that nobody speaks in a window."""
        allowed = (self._checkpoint.no_speech,)
        params = SamplingParams(max_tokens=1, temperature=0.0, allowed_token_ids=allowed, logprobs=0)
        (output,) = await self._run(features, (self._checkpoint.start,), params)
        return 0.0 if output.logprob is None else math.exp(output.logprob.logprob)

    async def decode(
        self, features: Features, prompt: tuple[int, ...], temperature: float, *, timestamps: bool, seed: int
    ) -> Attempt:
        """Decode a window: with a temperature by a draw, without one by a search if there are several beams."""
        checkpoint = self._checkpoint
        beams = None if temperature or self._beams.num_beams == 1 else self._beams
        rules = TranscriptRules(
            suppressed=(*checkpoint.suppressed, *((checkpoint.no_timestamps,) if timestamps else ())),
            suppressed_first=checkpoint.suppressed_first,
            end=checkpoint.end,
            first_timestamp=checkpoint.first_timestamp if timestamps else None,
            latest_first=checkpoint.latest_first,
        )
        params = SamplingParams(
            max_tokens=checkpoint.max_target_len - len(prompt),
            temperature=temperature,
            seed=seed,
            stop_token_ids=(checkpoint.end,),
            logprobs=0 if beams is None else None,
            constraint=rules,
            beams=beams,
        )
        outputs = await self._run(features, prompt, params)
        if beams is None:
            tokens = tuple(output.token for output in outputs if output.token is not None)
            logprobs = [output.logprob.logprob for output in outputs if output.logprob is not None]
            avg_logprob = sum(logprobs) / len(logprobs) if logprobs else -math.inf
        else:
            best = outputs[-1].hypotheses[0]
            tokens, avg_logprob = best.tokens, best.score * len(best.tokens) ** (beams.length_penalty - 1)
        tokens = tokens[: len(tokens) - (tokens[-1:] == (checkpoint.end,))]
        return Attempt(tokens, avg_logprob, self.text(tokens), temperature)

    async def _run(self, features: Features, prompt: tuple[int, ...], params: SamplingParams) -> list[TokenOutput]:
        """All outputs of a request. Raises ProcessError."""
        options = self._options
        request = Request(
            id=f"{self._id}-{self._sent}",
            prompt=prompt,
            params=params,
            source=features,
            priority=options.priority,
            arrival=self._clock.started,
            cache_salt=options.cache_salt,
            tenant=options.tenant,
        )
        self._sent += 1
        self._prompt_tokens += len(prompt)
        outputs: list[TokenOutput] = []
        with self._client.submit([request]) as stream:
            async for output in stream:
                self._clock.record(output)
                outputs.append(output)
                self._completion_tokens += output.token is not None
        if outputs:
            self._cached_tokens += outputs[0].num_cached
            self.finishes.append(outputs[-1].finish or FinishReason.ERROR)
        _raise_if_failed(outputs[-1])
        return outputs


def _raise_if_failed(last: TokenOutput) -> None:
    match last.finish, last.error_kind:
        case FinishReason.ERROR, ErrorKind.POISON_PILL:
            raise PoisonPill
        case FinishReason.ERROR, _:
            raise EngineError(f"a sequence failed: {last.error}")
        case FinishReason.ABORT, _:
            raise ProcessUnavailable("stopping", "the engine is stopping")
