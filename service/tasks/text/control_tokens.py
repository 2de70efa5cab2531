"""Control tokens: the tokens that stand for the structure of a prompt, such as the beginning and the end of a turn.

A text of a client is data. Where it spells a control token, the prompt gets tokens for its characters and never the
control token. So no text can end its turn, begin another one, or answer in the model's place.
"""

import re
from collections.abc import Mapping

import tokenizers
from tokenizers import AddedToken, models

# Tokens that a checkpoint adds without calling them special, such as `<think>`. Words and white space are no structure.
_BRACKETED = re.compile(r"[<\[].*[>\]]", re.DOTALL)


class ControlTokens:
    """The control tokens of one vocabulary. Time is linear in the texts.

    ``ids`` are their ids by their texts.
    """

    def __init__(self, library: tokenizers.Tokenizer) -> None:
        control = {id: token for id, token in library.get_added_tokens_decoder().items() if _is_control(token)}
        self.ids: Mapping[str, int] = {token.content: id for id, token in control.items()}
        self._forbidden = frozenset(control)
        self._special = frozenset(token.content for token in control.values() if token.special)
        # The model is shared, so neither copy costs memory. One knows no added tokens, so all is text for it. The other
        # knows the control tokens and nothing else; the library finds them as it does before it tokenizes.
        self._plain = _copy(library, library.model)
        self._finder = tokenizers.Tokenizer(models.WordLevel({"": 0}, unk_token=""))
        if library.normalizer is not None:
            self._finder.normalizer = library.normalizer
        self._finder.add_tokens(list(control.values()))

    def find(self, text: str, *, only_special: bool = False) -> list[tuple[int, int]]:
        """Start and end of each control token that the text spells, in order.

        ``only_special`` leaves out tokens that the checkpoint does not call special. Raises TypeError for half a
        surrogate.
        """
        if not self.ids or not text:
            return []
        encoding = self._finder.encode_batch([text], add_special_tokens=False)[0]
        found = zip(encoding.ids, encoding.tokens, encoding.offsets, strict=True)
        return [span for id, token, span in found if id and (token in self._special or not only_special)]

    def encode_as_text(self, text: str) -> list[int]:
        """The token ids of a text in which nothing is a control token. Raises TypeError for half a surrogate pair."""
        ids = self._plain.encode_batch_fast([text], add_special_tokens=False)[0].ids
        if self._forbidden.isdisjoint(ids):
            return ids
        # The model's own vocabulary has the control token as a piece of text, so its characters are kept apart.
        apart = [id for char in text for id in self._plain.encode(char, add_special_tokens=False).ids]
        return [id for id in apart if id not in self._forbidden]

    def offsets_as_text(self, text: str) -> list[tuple[int, int]]:
        """The (start, end) of each token of ``encode_as_text``, in characters; about right where it kept some apart."""
        return self._plain.encode_batch([text], add_special_tokens=False)[0].offsets


def _is_control(token: AddedToken) -> bool:
    return token.special or _BRACKETED.fullmatch(token.content) is not None


def _copy(library: tokenizers.Tokenizer, model: models.Model) -> tokenizers.Tokenizer:
    """A tokenizer with the same model, which has no added tokens."""
    copy = tokenizers.Tokenizer(model)
    if library.normalizer is not None:
        copy.normalizer = library.normalizer
    if library.pre_tokenizer is not None:
        copy.pre_tokenizer = library.pre_tokenizer
    return copy
