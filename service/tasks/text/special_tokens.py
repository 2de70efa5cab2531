"""The special tokens that a model's files name, with the precedence that transformers' tokenizers give the files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tokenizers import AddedToken

Settings = Mapping[str, Any]  # the content of a JSON file

_STANDARD = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialTokens:
    """``names`` maps ``eos_token`` and other names to the token's text, as chat templates see them.

    ``added`` are tokens that no text splits. tokenizer.json need not say so, and need not have them at all.
    """

    names: dict[str, str]
    added: list[AddedToken]

    @classmethod
    def from_files(cls, config: Settings, legacy: Settings, added: Settings, *, padding: str | None = None) -> Self:
        """Merge tokenizer_config.json, special_tokens_map.json (``legacy``) and added_tokens.json (``added``).

        The last two count only if tokenizer_config.json does not list the added tokens itself. ``padding`` is the token
        that tokenizer.json pads with. Raises ValueError if a token is neither a text nor an object with a content.
        """
        listed: Mapping[str, Any] | None = config.get("added_tokens_decoder")
        if listed is not None:
            legacy = added = {}
        settings = {**config, **legacy}
        late = legacy.get("extra_special_tokens")
        extra = config.get("extra_special_tokens") or config.get("additional_special_tokens")
        standard = {"pad_token": padding, **settings}
        named = {name: standard[name] for name in _STANDARD if standard.get(name) is not None}
        # The files rank differently for names that only this model has: a text in ``config`` comes before ``legacy``.
        texts = {name: token for name, token in config.items() if isinstance(token, str)}
        others = {name: token for name, token in config.items() if name not in texts}
        for source in ({**others, **legacy}, texts):
            named |= {name: token for name, token in source.items() if _is_custom(name, token)}
        named |= _names_in(extra) | _names_in(late)
        names = {name: _read_token(token).content for name, token in named.items()}

        lists = [entry for entry in (extra, late) if isinstance(entry, list) and not isinstance(late, dict)]
        unnamed = [token for tokens in lists or [legacy.get("additional_special_tokens", [])] for token in tokens]
        special = {_read_token(token).content for token in (*named.values(), *unnamed)}
        if listed is None:
            by_id = sorted(added, key=lambda text: int(added[text]))
            tokens = [AddedToken(text, special=text in special) for text in by_id]
        else:
            tokens = [_read_token(listed[id]) for id in sorted(listed, key=int)]
        tokens += [_read_token(token, special=True) for token in named.values()]
        return cls(names=names, added=tokens + [_read_token(token) for token in unnamed])


def _is_custom(name: str, token: Any) -> bool:
    """Whether an entry of a file names a special token of this model only, such as ``image_token``."""
    is_token = isinstance(token, str) or (isinstance(token, dict) and "content" in token)
    return name.endswith("_token") and name not in _STANDARD and is_token


def _names_in(extra: Any) -> dict[str, Any]:
    return dict(extra) if isinstance(extra, dict) else {}


def _read_token(token: Any, **flags: bool) -> AddedToken:
    """The token that stands in a file as its text or as an object."""
    if isinstance(token, str):
        return AddedToken(token, special=True)
    if isinstance(token, dict) and isinstance(content := token.get("content"), str):
        return AddedToken(content, **({flag: token[flag] for flag in _FLAGS if flag in token} | flags))
    raise ValueError(f"a special token is {type(token).__name__}: it must be a text, or an object with a content")
