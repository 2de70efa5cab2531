"""The answer of ``POST /v1/explain``."""

from dataclasses import dataclass
from typing import Literal

from service.api.openapi.example_values import EXAMPLE_MODEL, example_timings, example_usage
from service.api.responses.logprob import finite
from service.api.responses.usage import ResponseTimings, ResponseUsage
from service.api.wire.response_model import ResponseModel
from service.tasks.explanation.explanation import Attribution, RunningExplanation
from service.tasks.text.tokenizer import Tokenizer


class Alternative(ResponseModel):
    """A token that could have been at the place."""

    id: int
    token: str
    logprob: float


class ExplainedToken(ResponseModel):
    """A token: the text from ``start`` to ``end``, in characters. The first token has no log probability."""

    index: int
    id: int
    token: str
    start: int
    end: int
    logprob: float | None
    top: list[Alternative]


class TokenScore(ResponseModel):
    """How much the token at ``index`` raises the log probability of the explained token."""

    index: int
    score: float


class TokenAttribution(ResponseModel):
    """The tokens that make ``token`` likely or unlikely."""

    token: int
    method: Literal["leave_one_out"]
    logprob: float
    inputs: list[TokenScore]


class ExplainResponse(ResponseModel):
    """The tokens of the text in their order, and the attribution of one of them if it was asked for."""

    id: str
    model: str
    tokens: list[ExplainedToken]
    attribution: TokenAttribution | None
    usage: ResponseUsage
    timings: ResponseTimings


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainWriter:
    """Writes the answer with this ``id``. Implements ``Writer``."""

    id: str
    model: str
    num_top: int

    async def body(self, running: RunningExplanation) -> ExplainResponse:
        explanation = await running.result()
        tokenizer = running.completion.tokenizer
        tokens = [
            ExplainedToken(
                index=index,
                id=span.id,
                token=tokenizer.token_text(span.id),
                start=span.start,
                end=span.end,
                logprob=None if known is None else finite(known.logprob),
                top=[] if known is None else self._alternatives(known.top, tokenizer),
            )
            for index, (span, known) in enumerate(zip(explanation.spans, explanation.logprobs, strict=True))
        ]
        usage, timings = ResponseUsage.from_usage(running.usage), ResponseTimings.from_timings(running.timings)
        return ExplainResponse(self.id, self.model, tokens, _written(explanation.attribution), usage, timings)

    def _alternatives(self, top: tuple[tuple[int, float], ...], tokenizer: Tokenizer) -> list[Alternative]:
        return [Alternative(id, tokenizer.token_text(id), finite(logprob)) for id, logprob in top[: self.num_top]]


def _written(attribution: Attribution | None) -> TokenAttribution | None:
    if attribution is None:
        return None
    logprob = finite(attribution.logprob)
    inputs = [TokenScore(place, logprob - finite(without)) for place, without in attribution.without.items()]
    return TokenAttribution(attribution.token, "leave_one_out", logprob, inputs)


def _example() -> ExplainResponse:
    """The answer for the text "France: Paris"."""
    tokens = [
        ExplainedToken(0, 49000, "France", 0, 6, None, []),
        ExplainedToken(1, 25, ":", 6, 7, -4.1, [Alternative(338, "'s", -1.2)]),
        ExplainedToken(2, 12095, " Paris", 7, 13, -3.3, [Alternative(12095, " Paris", -3.3)]),
    ]
    attribution = TokenAttribution(2, "leave_one_out", -3.3, [TokenScore(0, 7.4), TokenScore(1, 0.3)])
    return ExplainResponse("explain-5b1d", EXAMPLE_MODEL, tokens, attribution, example_usage(7, 2), example_timings())


EXAMPLE = _example()
