"""Log probabilities in OpenAI's two shapes.

A token that is a part of a character shows replacement text, and its true bytes where the shape has room for them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from service.engine.protocol.outputs import TokenLogprob, TokenOutput
from service.tasks.generation.choice import Choice, Delta
from service.tasks.text.tokenizer import Tokenizer

_LEAST = -9999.0  # JSON has no infinity


def text_tokens(news: Choice | Delta, *, include_stop: bool) -> list[TokenLogprob]:
    """Of the tokens that make the text: a stop token is none of them, unless it was asked for."""
    outputs: Sequence[TokenOutput] = news.tokens
    if isinstance(news.stop, int) and not include_stop:
        outputs = outputs[:-1]
    return [output.logprob for output in outputs if output.logprob is not None]


def chat_logprobs(tokens: Iterable[TokenLogprob], tokenizer: Tokenizer) -> dict[str, Any]:
    """The shape of ``/v1/chat/completions``."""

    def entry(token: int, logprob: float) -> dict[str, Any]:
        data = tokenizer.token_bytes(token)
        return {
            "token": data.decode("utf-8", errors="replace"),
            "logprob": max(logprob, _LEAST),
            "bytes": list(data),
        }

    content = [
        entry(each.token, each.logprob) | {"top_logprobs": [entry(token, logprob) for token, logprob in each.top]}
        for each in tokens
    ]
    return {"content": content, "refusal": None}


class CompletionLogprobs:
    """The shape of ``/v1/completions``, piece by piece: it owns the offset at which the next token's text begins."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._offset = 0

    def take(self, tokens: Iterable[TokenLogprob]) -> dict[str, Any]:
        """The next tokens."""
        return self._object([(each.token, each) for each in tokens])

    def take_prompt(self, prompt: Sequence[int], logprobs: Sequence[TokenLogprob | None]) -> dict[str, Any]:
        """The prompt's tokens, which come first if they come at all; the first has no log probability."""
        return self._object(list(zip(prompt, logprobs or [None] * len(prompt), strict=True)))

    def _object(self, tokens: Sequence[tuple[int, TokenLogprob | None]]) -> dict[str, Any]:
        offsets, texts = [], []
        for token, _ in tokens:
            text = self._tokenizer.token_text(token)
            texts.append(text)
            offsets.append(self._offset)
            self._offset += len(text)
        return {
            "tokens": texts,
            "token_logprobs": [None if each is None else max(each.logprob, _LEAST) for _, each in tokens],
            "top_logprobs": [None if each is None else self._top(each) for _, each in tokens],
            "text_offset": offsets,
        }

    def _top(self, each: TokenLogprob) -> dict[str, float]:
        """Text to log probability, best first, with the chosen token; of tokens with one text, the likeliest."""
        top: dict[str, float] = {}
        for token, logprob in (*each.top, (each.token, each.logprob)):
            top.setdefault(self._tokenizer.token_text(token), max(logprob, _LEAST))
        return top


def joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two pieces as one."""
    return {name: first[name] + second[name] for name in first}
