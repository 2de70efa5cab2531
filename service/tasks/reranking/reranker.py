"""The re-ranker: pairs of a query and a text, and their scores from a cross-encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.encoder.client import EncoderClient
from service.errors import UnsupportedModel
from service.tasks.encoding.activations import identity
from service.tasks.encoding.files import read_object
from service.tasks.encoding.inputs import InputMaker
from service.tasks.encoding.observer import EncodingObserver
from service.tasks.encoding.request import EncodingOptions, PreparedEncoding
from service.tasks.encoding.tokenizer import EncoderTokenizer
from service.tasks.encoding.truncation import Truncation
from service.tasks.reranking.activation import Activation, read_activation

Scores = NDArray[np.float32]  # [pairs]


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankingOptions(EncodingOptions):
    """What a client sets for its scores.

    Pairs that are too long are cut unless ``truncation`` is NONE: the longer text of a pair first. Of each second text
    at most ``max_tokens_per_text`` tokens are read. With ``raw`` the scores are logits, without the activation.
    """

    truncation: Truncation = Truncation.END
    max_tokens_per_text: int | None = None
    raw: bool = False


class Reranker:
    """A cross-encoder and its tokenizer. Use ``Reranker.load`` for a model directory."""

    def __init__(
        self,
        client: EncoderClient,
        tokenizer: EncoderTokenizer,
        activation: Activation,
        *,
        observer: EncodingObserver | None = None,
    ) -> None:
        self.client = client
        self._inputs = InputMaker(client, tokenizer)
        self._activation = activation
        self._observer = observer

    @classmethod
    def load(cls, client: EncoderClient, path: Path, *, observer: EncodingObserver | None = None) -> Self:
        """Raises OSError, ValueError or UnsupportedModel if the tokenizer or another file cannot be used."""
        config = read_object(path / "config_sentence_transformers.json")
        if (config.get("prompts") or {}).get(config.get("default_prompt_name")):
            raise UnsupportedModel("the cross-encoder has a default prompt")
        return cls(client, EncoderTokenizer.load(path), read_activation(path), observer=observer)

    def can_read(self, text: str) -> bool:
        """Whether the model's vocabulary has the text's script. Raises InvalidPrompt."""
        return self._inputs.can_read(text)

    async def prepare(
        self, pairs: Sequence[tuple[str, str]], options: RerankingOptions, *, request_id: str, param: str
    ) -> PreparedEncoding[Scores]:
        """The scores of pairs, in their order. Errors name the field ``param``.

        Raises InputTooLong, InvalidPrompt, UnknownToken, ProcessUnavailable.
        """
        inputs = await self._inputs.from_pairs(
            pairs, options.truncation, most_of_second=options.max_tokens_per_text, param=param
        )
        activation = identity if options.raw else self._activation
        return PreparedEncoding(
            client=self.client,
            id=request_id,
            inputs=inputs,
            options=options,
            interpret=lambda logits: activation(logits[:, 0]),
            observer=self._observer,
        )
