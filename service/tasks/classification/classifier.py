"""The classifier: the labels of texts and pairs of texts, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.encoder.client import EncoderClient
from service.encoder.messages import EncoderInput
from service.tasks.classification.output_function import OutputFunction, read_output_function
from service.tasks.encoding.inputs import InputMaker
from service.tasks.encoding.observer import EncodingObserver
from service.tasks.encoding.request import EncodingOptions, PreparedEncoding
from service.tasks.encoding.tokenizer import EncoderTokenizer
from service.tasks.encoding.truncation import Truncation


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationOptions(EncodingOptions):
    """What a client sets for its labels. ``function`` None: the one that fits the model."""

    truncation: Truncation = Truncation.NONE
    function: OutputFunction | None = None


@dataclass(frozen=True, slots=True)
class LabelScore:
    """A label and its score: a probability, unless there is no output function."""

    label: str
    score: float


RankedLabels = list[list[LabelScore]]  # [text][label]


class Classifier:
    """A model with a classification head and its tokenizer. Use ``Classifier.load`` for a model directory."""

    def __init__(
        self,
        client: EncoderClient,
        tokenizer: EncoderTokenizer,
        function: OutputFunction,
        *,
        observer: EncodingObserver | None = None,
    ) -> None:
        self.client = client
        self._inputs = InputMaker(client, tokenizer)
        self._function = function
        self._observer = observer

    @classmethod
    def load(cls, client: EncoderClient, path: Path, *, observer: EncodingObserver | None = None) -> Self:
        """Raises OSError or ValueError if the tokenizer or another file cannot be used."""
        return cls(client, EncoderTokenizer.load(path), read_output_function(path), observer=observer)

    async def prepare(
        self, texts: Sequence[str], options: ClassificationOptions, *, request_id: str, param: str
    ) -> PreparedEncoding[RankedLabels]:
        """For each text all labels, the one with the highest score first. Errors name the field ``param``.

        Raises InputTooLong, InvalidPrompt, UnknownToken, ProcessUnavailable.
        """
        inputs = await self._inputs.from_texts(texts, options.truncation, param=param)
        return self._prepared(inputs, options, request_id)

    async def prepare_pairs(
        self, pairs: Sequence[tuple[str, str]], options: ClassificationOptions, *, request_id: str, param: str
    ) -> PreparedEncoding[RankedLabels]:
        """The same for pairs of texts."""
        inputs = await self._inputs.from_pairs(pairs, options.truncation, param=param)
        return self._prepared(inputs, options, request_id)

    def _prepared(
        self, inputs: Sequence[EncoderInput], options: ClassificationOptions, request_id: str
    ) -> PreparedEncoding[RankedLabels]:
        labels = self.client.info.labels
        function = options.function or self._function
        return PreparedEncoding(
            client=self.client,
            id=request_id,
            inputs=inputs,
            options=options,
            interpret=lambda logits: [_ranked(labels, scores) for scores in function.apply(logits)],
            observer=self._observer,
        )


def _ranked(labels: Sequence[str], scores: NDArray[np.float32]) -> list[LabelScore]:
    return [LabelScore(labels[index], float(scores[index])) for index in np.argsort(-scores, kind="stable")]
