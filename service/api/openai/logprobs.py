"""Log probabilities in OpenAI's two shapes.

A token that is a part of a character shows its bytes: in a field of their own where the shape has one, else by name.
"""

from collections.abc import Iterable, Sequence

from service.api.openai.echo import Echo
from service.api.openai.token_names import id_name, ids_as_names, token_names
from service.api.responses.logprob import finite
from service.api.wire.response_model import ResponseModel
from service.engine.protocol.outputs import TokenLogprob, TokenOutput
from service.tasks.generation.choice import Choice, Delta
from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.tokenizer import Tokenizer


class ChatTopLogprob(ResponseModel):
    """A token that could have been chosen."""

    token: str
    logprob: float
    bytes: list[int]


class ChatTokenLogprob(ChatTopLogprob):
    """The chosen token, and the likeliest tokens at its place."""

    top_logprobs: list[ChatTopLogprob]


class ChatLogprobs(ResponseModel):
    """The shape of ``/v1/chat/completions``."""

    content: list[ChatTokenLogprob]
    refusal: None = None


class CompletionLogprobs(ResponseModel):
    """The shape of ``/v1/completions``: lists with one item for each token. ``text_offset`` is in characters."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None]
    text_offset: list[int]

    def extended(self, later: "CompletionLogprobs") -> "CompletionLogprobs":
        """These tokens, and then the later ones."""
        return CompletionLogprobs(
            self.tokens + later.tokens,
            self.token_logprobs + later.token_logprobs,
            self.top_logprobs + later.top_logprobs,
            self.text_offset + later.text_offset,
        )


class PromptLogprob(ResponseModel):
    """A token of the prompt, or an alternative. ``rank`` is 1 for the likeliest, null beyond the alternatives."""

    logprob: float
    rank: int | None
    decoded_token: str


PromptLogprobs = list[dict[str, PromptLogprob] | None]  # by token id; the first token of a prompt has none


def prompt_logprobs(tokens: Sequence[TokenLogprob | None], num_top: int, tokenizer: Tokenizer) -> PromptLogprobs:
    """The tokens of a prompt in vLLM's shape, with this many alternatives."""

    def values(each: TokenLogprob) -> dict[str, PromptLogprob]:
        ranks = {token: rank for rank, (token, _) in enumerate(each.top, 1)}
        shown = dict((*each.top[:num_top], (each.token, each.logprob)))
        return {
            str(token): PromptLogprob(finite(logprob), ranks.get(token), tokenizer.token_text(token))
            for token, logprob in shown.items()
        }

    return [None if each is None else values(each) for each in tokens]


def text_tokens(choice: Choice | Delta, *, include_stop: bool) -> list[TokenLogprob]:
    """The log probabilities of the tokens that make the text. A stop token is one of them only if it was asked for."""
    outputs: Sequence[TokenOutput] = choice.tokens
    if isinstance(choice.stop, int) and not include_stop:
        outputs = outputs[:-1]
    return [output.logprob for output in outputs if output.logprob is not None]


def token_ids(choice: Choice | Delta) -> list[int]:
    """The ids of all tokens, a stop token included."""
    return [output.token for output in choice.tokens if output.token is not None]


def chat_logprobs(tokens: Iterable[TokenLogprob], tokenizer: Tokenizer, *, as_ids: bool = False) -> ChatLogprobs:
    """The tokens in the shape of ``/v1/chat/completions``; ``as_ids`` names them by their ids."""

    def values(token: int, logprob: float) -> tuple[str, float, list[int]]:
        data = tokenizer.token_bytes(token)
        name = id_name(token) if as_ids else data.decode("utf-8", errors="replace")
        return name, finite(logprob), list(data)

    return ChatLogprobs(
        [
            ChatTokenLogprob(*values(each.token, each.logprob), [ChatTopLogprob(*values(*top)) for top in each.top])
            for each in tokens
        ]
    )


class CompletionLogprobsWriter:
    """Writes the tokens of one choice in the shape of ``/v1/completions``, piece by piece.

    It owns the offset at which the text of the next token begins, in the text that is returned. A token that completes
    no character has the offset of the next one.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        prompt: Sequence[int] = (),
        *,
        num_top: int | None = None,
        as_ids: bool = False,
        skip_special_tokens: bool = True,
    ) -> None:
        """``num_top``: at most this many alternatives. ``as_ids``: tokens are named by their ids."""
        self._tokenizer = tokenizer
        self._num_top = num_top
        self._token_names = ids_as_names if as_ids else token_names
        self._detokenizer = Detokenizer(tokenizer, prompt, skip_special_tokens=skip_special_tokens)
        self._offset = 0

    def write(self, tokens: Iterable[TokenLogprob]) -> CompletionLogprobs:
        """The next tokens of the continuation."""
        offsets = []
        pairs = [(each.token, each) for each in tokens]
        for token, _ in pairs:
            offsets.append(self._offset)
            self._offset += len(self._detokenizer.feed(token))
        return self._written(pairs, offsets)

    def write_prompt(
        self, prompt: Sequence[int], logprobs: Sequence[TokenLogprob | None], echo: Echo
    ) -> CompletionLogprobs:
        """The tokens of the prompt, before all others. The first has no log probability; without any, all are None."""
        self._offset = len(echo.text)
        return self._written(list(zip(prompt, logprobs or [None] * len(prompt), strict=True)), list(echo.offsets))

    def _written(self, tokens: Sequence[tuple[int, TokenLogprob | None]], offsets: list[int]) -> CompletionLogprobs:
        return CompletionLogprobs(
            [self._names(token)[0] for token, _ in tokens],
            [None if each is None else finite(each.logprob) for _, each in tokens],
            [None if each is None else self._top(each) for _, each in tokens],
            offsets,
        )

    def _top(self, each: TokenLogprob) -> dict[str, float]:
        """Name to log probability, best first, with the chosen token, which has its own name even if another has it."""
        logprobs = dict((*each.top[: self._num_top], (each.token, each.logprob)))
        others = [token for token in logprobs if token != each.token]
        names = dict(zip((each.token, *others), self._names(each.token, *others), strict=True))
        return {names[token]: finite(logprob) for token, logprob in logprobs.items()}

    def _names(self, *tokens: int) -> list[str]:
        return self._token_names(tokens, self._tokenizer)
