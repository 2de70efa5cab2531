"""The explainer: a text as the requests that explain it."""

from service.errors import InvalidOption
from service.tasks.explanation.explanation import PreparedExplanation, TokenSpan
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest

MOST_LEFT_OUT = 128  # tokens that are left out in turn, each in a sequence of its own


class Explainer:
    """Explains texts with one model.

    Every computation is an ordinary request of the engine: the scheduler bounds an explanation, runs urgent requests
    before it, and finds the shared prefixes in its cache.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    async def prepare(
        self, text: str, options: Options, *, token: int | None, num_top: int, request_id: str
    ) -> PreparedExplanation:
        """Each token's log probability with ``num_top`` alternatives, and the attribution of the token at ``token``.

        If ``token`` is None, there is no attribution. The attribution leaves out each of the last
        MOST_LEFT_OUT tokens before it in turn (Li, Monroe and Jurafsky, arXiv:1612.08220). The special tokens that the
        tokenizer puts before a text stay.

        Raises InvalidPrompt, PromptTooLong, and InvalidOption for a token that the text does not have, or before which
        no token can be left out.
        """
        tokenizer = self._generator.tokenizer
        ids = await tokenizer.encode_async(text)
        offsets = await tokenizer.offsets_async(text, add_special_tokens=True)
        spans = [TokenSpan(id, start, end) for id, (start, end) in zip(ids, offsets, strict=True)]
        scoring = options.with_values(max_tokens=0, prompt_logprobs=num_top)
        requests = [self._generator.from_tokens(ids, scoring, param="text")]
        left_out: list[int] = []
        if token is not None:
            left_out = _places_before(token, spans)
            requests += self._requests_without(left_out, ids[: token + 1], options)
        return PreparedExplanation(self._generator, requests, request_id, spans, token, left_out)

    def _requests_without(self, places: list[int], ids: list[int], options: Options) -> list[GenerationRequest]:
        """For each place a request that generates the last of the tokens ``ids`` after the others but this one.

        The last token is the only one that the request allows. Its log probability is still the model's own.
        """
        *before, last = ids
        only_last = options.with_values(
            max_tokens=1, temperature=0.0, logprobs=0, allowed_token_ids=(last,), ignore_eos=True
        )
        return [
            self._generator.from_tokens(before[:place] + before[place + 1 :], only_last, param="text")
            for place in places
        ]


def _places_before(token: int, spans: list[TokenSpan]) -> list[int]:
    """The places before ``token`` that can be left out: something must be left. Raises InvalidOption."""
    if token >= len(spans):
        raise InvalidOption(f"token: the text has {len(spans)} tokens, from 0 to {len(spans) - 1}", param="token")
    places = [place for place in range(token) if spans[place].is_text] if token > 1 else []
    if not places:
        raise InvalidOption(f"token: no token before token {token} can be left out", param="token")
    return places[-MOST_LEFT_OUT:]
