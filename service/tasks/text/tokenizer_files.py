"""Facts about a tokenizer in a model's files other than tokenizer.json. All these files are optional."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerFiles:
    """``special_tokens`` maps names such as ``eos_token`` to the token's text.

    ``eos_token_ids`` are those of generation_config.json, ``model_eos_token_ids`` those of config.json.
    ``chat_template`` is the template's source.
    """

    special_tokens: dict[str, str]
    eos_token_ids: list[int]
    model_eos_token_ids: list[int]
    chat_template: str | None

    @classmethod
    def from_directory(cls, path: Path) -> Self:
        """Raises OSError or ValueError if a file cannot be read."""
        config = _read_json(path / "tokenizer_config.json")
        return cls(
            special_tokens={name: _token_text(config[name]) for name in _SPECIAL_TOKENS if config.get(name)},
            eos_token_ids=_as_list(_read_json(path / "generation_config.json").get("eos_token_id")),
            model_eos_token_ids=_as_list(_read_json(path / "config.json").get("eos_token_id")),
            chat_template=_chat_template(path, config),
        )


def _read_json(path: Path) -> dict[str, Any]:
    """The content of a file, or an empty dictionary if there is no such file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content


def _as_list(value: int | list[int] | None) -> list[int]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _token_text(token: str | dict[str, str]) -> str:
    return token["content"] if isinstance(token, dict) else token


def _chat_template(path: Path, config: dict[str, Any]) -> str | None:
    """The template file, else the template in tokenizer_config.json; of several named ones, the default."""
    if (file := path / "chat_template.jinja").exists():
        return file.read_text(encoding="utf-8")
    template: str | list[dict[str, str]] | None = config.get("chat_template")
    if isinstance(template, list):
        return {entry["name"]: entry["template"] for entry in template}.get("default")
    return template
