"""The tokenizer of an encoder model: texts to token ids, and the frames that make them inputs of the encoder.

A text is data. Where a text spells a special token, such as ``</s>``, it gets tokens for its characters or the unknown
token, but never the special token: special tokens come from the frames alone.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import tokenizers
from tokenizers import normalizers

from service.errors import InvalidPrompt, UnsupportedModel
from service.tasks.encoding.files import read_object
from service.tasks.encoding.frame import Frame

_LONG_TEXTS = 4096  # characters; for more, the work takes longer than handing it to a thread
_MANY_TEXTS = 8  # from here on, the library's threads are worth their start
_GENERAL_CLASSES = ("PreTrainedTokenizerFast", "TokenizersBackend")
# The share of unknown tokens in a text that can be read. In Chinese questions, 0.38 and more are unknown to an English
# vocabulary; in English ones, none.
_MOST_UNKNOWN = 0.25
_NO_LIMIT = 1 << 30  # tokens; transformers writes 10**30 for no limit


@dataclass(frozen=True, slots=True)
class TextTokens:
    """The token ids of a text, and the (start, end) of each token in it, in characters."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class EncoderTokenizer:
    """Tokenizes texts. Use ``EncoderTokenizer.load(path)`` for a model directory.

    ``max_tokens`` is the most tokens of an input by the files of the tokenizer; None if they name no limit.
    """

    def __init__(
        self,
        library: tokenizers.Tokenizer,
        *,
        unknown: int | None = None,
        max_tokens: int | None = None,
        with_types: bool = True,
    ) -> None:
        """``unknown`` is the id of the unknown token, if there is one. Without types, all types of tokens are 0."""
        library.no_truncation()
        library.no_padding()
        library.encode_special_tokens = True  # a special token that a text spells is tokenized as text
        self.max_tokens = max_tokens
        self._library = library
        self._unknown = unknown
        self._with_types = with_types
        special = {id: token.content for id, token in library.get_added_tokens_decoder().items() if token.special}
        self._special_texts = frozenset(special.values())
        # Some vocabularies hold the special tokens as pieces of text, too.
        self._forbidden = frozenset(special) - {unknown}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read tokenizer.json, and what tokenizer_config.json and sentence-transformers' file say about it.

        Raises OSError or ValueError if there is no usable tokenizer.
        """
        source = (path / "tokenizer.json").read_text(encoding="utf-8")
        library = tokenizers.Tokenizer.from_str(source)
        config = read_object(path / "tokenizer_config.json")
        # Its older names have the model's family instead of "bert".
        texts = next(map(read_object, sorted(path.glob("sentence_*_config.json"))), {})
        if texts.get("do_lower_case"):
            own = [] if library.normalizer is None else [library.normalizer]
            library.normalizer = normalizers.Sequence([normalizers.Lowercase(), *own])
        model = json.loads(source)["model"]
        unknown = model.get("unk_id")
        if unknown is None and model.get("unk_token") is not None:
            unknown = library.token_to_id(model["unk_token"])
        limit = texts.get("max_seq_length") or config.get("model_max_length") or _NO_LIMIT
        return cls(
            library,
            unknown=unknown,
            max_tokens=int(limit) if limit < _NO_LIMIT else None,
            with_types=_has_types(config),
        )

    @cached_property
    def single(self) -> Frame:
        """The special tokens around one text. Raises UnsupportedModel."""
        return self._frame(1)

    @cached_property
    def pair(self) -> Frame:
        """The special tokens around a pair of texts. Raises UnsupportedModel."""
        return self._frame(2)

    async def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, without special tokens. Long texts are tokenized in threads.

        Raises InvalidPrompt if a text holds half a surrogate pair.
        """
        if sum(map(len, texts)) < _LONG_TEXTS:
            return self.tokens_in_this_thread(texts)
        return await asyncio.to_thread(self.tokens_in_this_thread, texts)

    def tokens_in_this_thread(self, texts: Sequence[str]) -> list[list[int]]:
        """Like ``tokens``, but blocks the calling thread."""
        try:
            if len(texts) < _MANY_TEXTS and sum(map(len, texts)) < _LONG_TEXTS:
                encodings = [self._library.encode(text, add_special_tokens=False) for text in texts]
            else:  # only the library's calls for batches let other threads run
                encodings = self._library.encode_batch_fast(texts, add_special_tokens=False)
        except TypeError as error:
            raise _invalid_unicode() from error
        return [self._as_text(encoding.ids) for encoding in encodings]

    def tokens_with_offsets(self, text: str) -> TextTokens:
        """The token ids of a text and their places in it. Raises InvalidPrompt like ``tokens``."""
        try:
            (encoding,) = self._library.encode_batch([text], add_special_tokens=False)
        except TypeError as error:
            raise _invalid_unicode() from error
        ids, offsets = encoding.ids, encoding.offsets
        if self._unknown is None and not self._forbidden.isdisjoint(ids):
            offsets = [offset for id, offset in zip(ids, offsets, strict=True) if id not in self._forbidden]
        return TextTokens(self._as_text(ids), offsets)

    def can_read(self, text: str) -> bool:
        """Whether the vocabulary has the text's script: of a text that it lacks, much becomes the unknown token.

        Raises InvalidPrompt like ``tokens``.
        """
        (ids,) = self.tokens_in_this_thread([text])
        return self._unknown is None or ids.count(self._unknown) <= _MOST_UNKNOWN * len(ids)

    def spells_special_token(self, text: str) -> bool:
        """Whether a text holds the spelling of a special token, which this tokenizer would not make of it."""
        return any(special in text for special in self._special_texts)

    def _as_text(self, ids: list[int]) -> list[int]:
        """The ids with the unknown token for each special token, or without them if there is no unknown token."""
        if self._forbidden.isdisjoint(ids):
            return ids
        if self._unknown is None:
            return [id for id in ids if id not in self._forbidden]
        return [self._unknown if id in self._forbidden else id for id in ids]

    def _frame(self, texts: int) -> Frame:
        try:
            return Frame.from_library(self._library, texts, with_types=self._with_types)
        except ValueError as error:
            raise UnsupportedModel(str(error)) from error


def _has_types(config: dict[str, Any]) -> bool:
    """Whether transformers gives the types of tokens to the model: the general classes do so only if told to."""
    names = config.get("model_input_names")
    return config.get("tokenizer_class") not in _GENERAL_CLASSES if names is None else "token_type_ids" in names


def _invalid_unicode() -> InvalidPrompt:
    return InvalidPrompt("the text is not valid Unicode: it holds half a surrogate pair")
