"""The embedder: turns texts and tokens into requests for vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.encoder.client import EncoderClient
from service.encoder.messages import EncoderInput
from service.errors import InvalidOption, UnsupportedModel
from service.tasks.embedding.checkpoint import EmbeddingCheckpoint
from service.tasks.embedding.prompts import InputType, find_prompt
from service.tasks.embedding.similarity import cosine, normalized
from service.tasks.encoding.inputs import InputMaker
from service.tasks.encoding.observer import EncodingObserver
from service.tasks.encoding.request import EncodingOptions, Interpret, PreparedEncoding, Result
from service.tasks.encoding.tokenizer import EncoderTokenizer
from service.tasks.encoding.truncation import Truncation

Vectors = NDArray[np.float32]  # [inputs, dimensions]
Scores = NDArray[np.float32]  # [pairs]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingOptions(EncodingOptions):
    """What a client sets for its vectors.

    ``prompt_name`` names a prompt of the model; ``input_type`` is the kind of the texts. ``max_tokens`` is the most
    tokens of each text. ``dimensions`` None: all of them. ``normalize`` None: as the model does.
    """

    prompt_name: str | None = None
    input_type: InputType | None = None
    truncation: Truncation = Truncation.NONE
    max_tokens: int | None = None
    dimensions: int | None = None
    normalize: bool | None = None


class Embedder:
    """An embedding model and its tokenizer. Use ``Embedder.load`` for a model directory."""

    def __init__(
        self,
        client: EncoderClient,
        tokenizer: EncoderTokenizer,
        checkpoint: EmbeddingCheckpoint,
        *,
        observer: EncodingObserver | None = None,
    ) -> None:
        """Raises UnsupportedModel for a prompt that would not do what it does in sentence-transformers."""
        for name, text in checkpoint.prompts.items():
            if tokenizer.spells_special_token(text):
                raise UnsupportedModel(f"the model's prompt {name!r} holds a special token")
            if text and not checkpoint.pools_prompts:
                raise UnsupportedModel("the model leaves prompts out of the mean of its tokens")
        self.client = client
        self._inputs = InputMaker(client, tokenizer)
        self._checkpoint = checkpoint
        self._observer = observer

    @classmethod
    def load(cls, client: EncoderClient, path: Path, *, observer: EncodingObserver | None = None) -> Self:
        """Raises OSError, ValueError or UnsupportedModel if the tokenizer or another file cannot be used."""
        checkpoint = EmbeddingCheckpoint.from_directory(path)
        return cls(client, EncoderTokenizer.load(checkpoint.tokenizer), checkpoint, observer=observer)

    @property
    def max_tokens(self) -> int:
        """The most tokens of an input, with special tokens. Raises ProcessUnavailable until the encoder is ready."""
        return self._inputs.max_tokens

    def can_read(self, text: str) -> bool:
        """Whether the model's vocabulary has the text's script. Raises InvalidPrompt."""
        return self._inputs.can_read(text)

    async def prepare(
        self, texts: Sequence[str], options: EmbeddingOptions, *, request_id: str, param: str = "input"
    ) -> PreparedEncoding[Vectors]:
        """The vectors of texts. Errors name the field ``param``.

        Raises InputTooLong, InvalidPrompt, InvalidOption, UnknownToken, ProcessUnavailable.
        """
        self._check(options)
        inputs = await self._with_prompt(texts, options, param)
        return self._prepared(inputs, options, request_id, lambda vectors: self._finish(vectors, options))

    async def prepare_tokens(
        self, rows: Sequence[Sequence[int]], options: EmbeddingOptions, *, request_id: str, param: str = "input"
    ) -> PreparedEncoding[Vectors]:
        """The vectors of rows of tokens as they are, with special tokens and without a prompt.

        Raises what ``prepare`` raises, and InvalidPrompt for the rows of another tokenizer.
        """
        self._check(options)
        inputs = self._inputs.from_tokens(rows, param=param)
        return self._prepared(inputs, options, request_id, lambda vectors: self._finish(vectors, options))

    async def prepare_similarity(
        self, pairs: Sequence[tuple[str, str]], options: EmbeddingOptions, *, request_id: str, param: str
    ) -> PreparedEncoding[Scores]:
        """The cosine of the vectors of each pair. Each text is computed once. Raises what ``prepare`` raises."""
        self._check(options)
        texts = {text: index for index, text in enumerate(dict.fromkeys(text for pair in pairs for text in pair))}
        left, right = ([texts[pair[side]] for pair in pairs] for side in (0, 1))
        inputs = await self._with_prompt(list(texts), options, param)
        return self._prepared(inputs, options, request_id, lambda vectors: cosine(vectors[left], vectors[right]))

    async def _with_prompt(self, texts: Sequence[str], options: EmbeddingOptions, param: str) -> list[EncoderInput]:
        checkpoint = self._checkpoint
        prompt = find_prompt(
            checkpoint.prompts, checkpoint.default_prompt, name=options.prompt_name, input_type=options.input_type
        )
        if prompt:
            texts = [prompt + text for text in texts]
        return await self._inputs.from_texts(texts, options.truncation, max_tokens=options.max_tokens, param=param)

    def _prepared(
        self,
        inputs: Sequence[EncoderInput],
        options: EmbeddingOptions,
        request_id: str,
        interpret: Interpret[Result],
    ) -> PreparedEncoding[Result]:
        return PreparedEncoding(
            client=self.client,
            id=request_id,
            inputs=inputs,
            options=options,
            interpret=interpret,
            observer=self._observer,
        )

    def _check(self, options: EmbeddingOptions) -> None:
        """Raises InvalidOption for vectors that the model does not have."""
        if options.dimensions is not None:
            size, trained = self.client.info.dimensions, self._checkpoint.matryoshka
            if options.dimensions > size:
                message = f"The model's vectors have {size} numbers, fewer than {options.dimensions}"
                raise InvalidOption(message, param="dimensions")
            if trained and options.dimensions not in {*trained, size}:
                choices = ", ".join(map(str, trained))
                raise InvalidOption(f"The model was trained for vectors of {choices} numbers", param="dimensions")
        if options.normalize is False and self._checkpoint.normalizes:
            raise InvalidOption("The model itself normalizes its vectors", param="normalize")

    def _finish(self, vectors: Vectors, options: EmbeddingOptions) -> Vectors:
        """The vectors cut to the dimensions of the options; normalized vectors stay normalized."""
        is_cut = options.dimensions is not None and options.dimensions < vectors.shape[1]
        if is_cut:
            vectors = vectors[:, : options.dimensions]
        if options.normalize or (is_cut and self._checkpoint.normalizes):
            vectors = normalized(vectors)
        return vectors
