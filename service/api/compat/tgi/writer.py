"""Writes the answer to a request for text: one object, or an event for each token."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from service.api.compat.tgi.response import (
    TgiDetails,
    TgiPrefillToken,
    TgiResponse,
    TgiSequence,
    TgiStreamDetails,
    TgiStreamResponse,
    TgiToken,
    tgi_finish_reason,
)
from service.api.compat.tgi.timings import timing_headers
from service.api.responses.event_stream import event
from service.api.responses.logprob import LEAST, finite
from service.api.responses.usage import final_reason, finish_reason
from service.api.wire.response_model import UNSET
from service.engine.protocol.outputs import TokenLogprob, TokenOutput
from service.tasks.generation.choice import Choice, Delta, ranked
from service.tasks.generation.completion import Completion
from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class TgiWriter:
    """Writes one answer. Implements ``StreamWriter``.

    ``prompt`` is what the text begins with: the prompt, or nothing. ``as_list`` makes a list of the answer, as the root
    of TGI does. ``headers`` are those of the answer, which get the timings.
    """

    prompt: str
    details: bool
    top_tokens: bool
    seed: int | None
    skip_special_tokens: bool
    as_list: bool
    characters: int  # of the prompt
    headers: dict[str, str]

    async def body(self, completion: Completion) -> TgiResponse | list[TgiResponse]:
        [choices] = await completion.collect()
        for choice in choices:
            final_reason(choice)  # raises if one failed
        choices = ranked(choices)
        self.headers.update(timing_headers(completion, self.characters))
        answer = TgiResponse(self.prompt + choices[0].text)
        if self.details:
            best, *others = [self._sequence(choice, completion) for choice in choices]
            answer.details = TgiDetails(
                best.finish_reason,
                best.generated_tokens,
                best.seed,
                best.prefill,
                best.tokens,
                best.top_tokens,
                others or UNSET,
            )
        return [answer] if self.as_list else answer

    async def events(self, completion: Completion) -> AsyncGenerator[bytes, None]:
        tokens, text, index = self._tokens(completion), self.prompt, 0
        async for delta in completion:
            finished = finish_reason(delta)
            text += delta.text
            written = tokens.write(delta)
            for place, (token, top) in enumerate(written, 1):
                index += 1
                answer = TgiStreamResponse(index, token, top if self.top_tokens else UNSET)
                if finished is not None and place == len(written):
                    answer.generated_text = text
                    if self.details:
                        length = completion.usage.prompt_tokens
                        answer.details = TgiStreamDetails(tgi_finish_reason(delta), index, self.seed, length)
                yield event(answer)

    def _sequence(self, choice: Choice, completion: Completion) -> TgiSequence:
        written = self._tokens(completion).write(choice)
        return TgiSequence(
            self.prompt + choice.text,
            tgi_finish_reason(choice),
            len(written),
            self.seed,
            _prefill(completion.prompts[0], choice.prompt_logprobs, completion.tokenizer),
            [token for token, _ in written],
            [top for _, top in written] if self.top_tokens else UNSET,
        )

    def _tokens(self, completion: Completion) -> "_TokenWriter":
        return _TokenWriter(completion.tokenizer, completion.prompts[0], self.skip_special_tokens)


class _TokenWriter:
    """Writes the tokens of one choice, whole or in parts. Their texts together are the text of the choice."""

    def __init__(self, tokenizer: Tokenizer, prompt: Sequence[int], skip_special_tokens: bool) -> None:
        self._tokenizer = tokenizer
        self._detokenizer = Detokenizer(tokenizer, prompt, skip_special_tokens=skip_special_tokens)

    def write(self, choice: Choice | Delta) -> list[tuple[TgiToken, list[TgiToken]]]:
        """The tokens, each with the likeliest tokens at its place."""
        outputs = [output for output in choice.tokens if output.token is not None]
        rest, written = choice.text, []
        for place, output in enumerate(outputs, 1):
            assert output.token is not None
            piece = self._detokenizer.feed(output.token)
            # Text that could begin a stop string is held back, so it belongs to the token with which it is sent.
            text = rest if place == len(outputs) else rest[: len(piece)]
            rest = rest[len(text) :]
            written.append((self._token(output, text), self._top(output.logprob)))
        return written

    def _token(self, output: TokenOutput, text: str) -> TgiToken:
        assert output.token is not None
        logprob = LEAST if output.logprob is None else finite(output.logprob.logprob)
        return TgiToken(output.token, text, logprob, self._tokenizer.is_special(output.token))

    def _top(self, logprob: TokenLogprob | None) -> list[TgiToken]:
        top = () if logprob is None else logprob.top
        tokenizer = self._tokenizer
        return [TgiToken(id, tokenizer.token_text(id), finite(each), tokenizer.is_special(id)) for id, each in top]


def _prefill(
    prompt: Sequence[int], logprobs: Sequence[TokenLogprob | None], tokenizer: Tokenizer
) -> list[TgiPrefillToken]:
    """The tokens of the prompt, if their log probabilities were asked for."""
    return [
        TgiPrefillToken(id, tokenizer.token_text(id), None if each is None else finite(each.logprob))
        for id, each in zip(prompt, logprobs, strict=False)
    ]
