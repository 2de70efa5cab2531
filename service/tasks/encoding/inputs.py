"""The inputs of one encoder: texts and pairs of texts, tokenized, cut to what the model takes, and framed."""

from collections.abc import Iterable, Sequence
from itertools import chain

from service.encoder.client import EncoderClient
from service.encoder.messages import EncoderInput
from service.errors import InputTooLong, InvalidOption, InvalidPrompt, UnknownToken
from service.tasks.encoding.tokenizer import EncoderTokenizer
from service.tasks.encoding.truncation import Truncation, pair_rooms


class InputMaker:
    """Makes inputs. Errors name the field ``param`` of the client.

    All methods raise ProcessUnavailable until the encoder is ready for the first time.
    """

    def __init__(self, client: EncoderClient, tokenizer: EncoderTokenizer) -> None:
        self._client = client
        self._tokenizer = tokenizer

    @property
    def max_tokens(self) -> int:
        """The most tokens of an input, with its special tokens."""
        limit = self._client.info.max_tokens
        return limit if self._tokenizer.max_tokens is None else min(limit, self._tokenizer.max_tokens)

    def can_read(self, text: str) -> bool:
        """Whether the model's vocabulary has the text's script. Raises InvalidPrompt."""
        return self._tokenizer.can_read(text)

    async def from_texts(
        self, texts: Sequence[str], truncation: Truncation, *, max_tokens: int | None = None, param: str
    ) -> list[EncoderInput]:
        """One input for each text. ``max_tokens`` lowers the limit of the model.

        Raises InputTooLong, InvalidOption ("max_tokens"), InvalidPrompt, UnknownToken.
        """
        frame = self._tokenizer.single
        limit = self.max_tokens if max_tokens is None else min(max_tokens, self.max_tokens)
        room = limit - len(frame)
        if room < 1:
            message = f"The {len(frame)} special tokens of an input leave no room for its text"
            raise InvalidOption(message, param="max_tokens")
        inputs = []
        for index, tokens in enumerate(await self._tokenizer.tokens(texts)):
            if len(tokens) > room and truncation is Truncation.NONE:
                raise InputTooLong(index, len(tokens) + len(frame), limit, param=param)
            inputs.append(frame.around(truncation.cut(tokens, room)))
        return self._checked(inputs, param)

    async def from_pairs(
        self,
        pairs: Sequence[tuple[str, str]],
        truncation: Truncation,
        *,
        most_of_second: int | None = None,
        param: str,
    ) -> list[EncoderInput]:
        """One input for each pair. A text that is in several pairs is tokenized once.

        At most ``most_of_second`` tokens of the second texts are read, whatever the truncation is. Raises InputTooLong,
        InvalidPrompt, UnknownToken.
        """
        frame = self._tokenizer.pair
        limit = self.max_tokens
        texts = list(dict.fromkeys(chain.from_iterable(pairs)))
        tokens = dict(zip(texts, await self._tokenizer.tokens(texts), strict=True))
        inputs = []
        for index, (left, right) in enumerate(pairs):
            first, second = tokens[left], tokens[right]
            if most_of_second is not None:
                second = second[:most_of_second]
            length = len(first) + len(second) + len(frame)
            if length > limit:
                if truncation is Truncation.NONE:
                    raise InputTooLong(index, length, limit, param=param)
                of_first, of_second = pair_rooms(len(first), len(second), max(limit - len(frame), 0))
                first, second = truncation.cut(first, of_first), truncation.cut(second, of_second)
            inputs.append(frame.around(first, second))
        return self._checked(inputs, param)

    def from_tokens(self, rows: Iterable[Sequence[int]], *, param: str) -> list[EncoderInput]:
        """The inputs of single texts that the client has tokenized, special tokens included.

        A row must begin and end with the special tokens of this model. Rows of another tokenizer, which many clients
        send, are mostly within the vocabulary too, but they stand for other texts. Raises InputTooLong, InvalidPrompt,
        UnknownToken.
        """
        frame = self._tokenizer.single
        (type_id,) = frame.types
        inputs = []
        for index, row in enumerate(rows):
            if len(row) > self.max_tokens:
                raise InputTooLong(index, len(row), self.max_tokens, param=param)
            if not frame.surrounds(row):
                raise InvalidPrompt(_not_of_this_model(index, frame.special), param=param)
            inputs.append(EncoderInput(tuple(row), (type_id,) * len(row)))
        return self._checked(inputs, param)

    def _checked(self, inputs: list[EncoderInput], param: str) -> list[EncoderInput]:
        """Raises InvalidPrompt for an input without tokens, UnknownToken for one outside of the vocabulary."""
        size = self._client.info.vocab_size
        for index, each in enumerate(inputs):
            if not each.tokens:
                raise InvalidPrompt(f"Input {index} has no tokens", param=param)
            if max(each.tokens) >= size:
                message = f"Input {index} has a token that is not in the vocabulary of {size} tokens"
                raise UnknownToken(message, param=param)
        return inputs


def _not_of_this_model(index: int, special: Sequence[EncoderInput]) -> str:
    before, after = (", ".join(map(str, part.tokens)) or "nothing" for part in special)
    return (
        f"The tokens of input {index} are not this model's: its inputs begin with {before} and end with {after}. "
        "Send text instead; in LangChain set check_embedding_ctx_length=False"
    )
