"""The tokenizer of a checkpoint that has SentencePiece models and no ``tokenizer.json``."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, decoders, models

from service.errors import InvalidPrompt
from service.tasks.text.control_tokens import ControlTokens
from service.tasks.text.prompt_texts import HALF_SURROGATE
from service.tasks.text.sentencepiece.cutting import PieceCutter
from service.tasks.text.sentencepiece.vocabulary import PieceVocabulary, read_vocabulary
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.text.tokenizer_files import find_end_token_ids, read_json


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a model directory: of ``tokenizer.json`` if there is one, else of its SentencePiece models.

    Raises OSError or ValueError if there is no usable tokenizer.
    """
    if not (path / "tokenizer.json").is_file():
        config = read_json(path / "config.json")
        if (vocabulary := read_vocabulary(path, config, read_json(path / "tokenizer_config.json"))) is not None:
            ends = find_end_token_ids(read_json(path / "generation_config.json"), config)
            return PieceTokenizer(vocabulary, eos_token_ids=ends)
    return Tokenizer.load(path)


class PieceTokenizer(Tokenizer):
    """Encodes source texts and decodes what the model writes. No text has a control token, and none is added."""

    def __init__(self, vocabulary: PieceVocabulary, *, eos_token_ids: Sequence[int] = ()) -> None:
        """Raises ValueError if the model's table of characters is broken."""
        library = tokenizers.Tokenizer(models.WordLevel(dict(vocabulary.tokens), unk_token="<unk>"))
        library.decoder = decoders.Metaspace()
        library.add_tokens(
            [
                AddedToken(token, normalized=False, special=True)
                for token in sorted(vocabulary.control, key=lambda token: vocabulary.tokens.get(token, -1))
                if token in vocabulary.tokens
            ]
        )
        super().__init__(library, eos_token_ids=eos_token_ids)
        self._cutter = PieceCutter(vocabulary.model)
        self._ids = vocabulary.ids
        self._unknown = vocabulary.unknown

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        try:
            pieces = self._cutter.cut(text)
        except TypeError as error:
            raise InvalidPrompt(HALF_SURROGATE) from error
        return [self._ids.get(piece, self._unknown) for piece in pieces]

    @cached_property
    def control_tokens(self) -> ControlTokens:
        """None: ``encode`` never finds any."""
        return ControlTokens(tokenizers.Tokenizer(models.WordLevel({"": 0}, unk_token="")))
