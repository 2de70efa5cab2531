"""Facts about a tokenizer in a model's files, tokenizer.json included. All other files are optional."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from service.tasks.text.special_tokens import SpecialTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerFiles:
    """``end_token_ids`` are the tokens at which transformers' ``generate`` stops. ``chat_template`` is its source."""

    special_tokens: SpecialTokens
    end_token_ids: list[int]
    chat_template: str | None

    @classmethod
    def from_directory(cls, path: Path, *, padding: str | None = None) -> Self:
        """``padding`` is the token that tokenizer.json pads with. Raises OSError or ValueError for an unusable file."""
        config = read_json(path / "tokenizer_config.json")
        legacy, added = read_json(path / "special_tokens_map.json"), read_json(path / "added_tokens.json")
        return cls(
            special_tokens=SpecialTokens.from_files(config, legacy, added, padding=padding),
            end_token_ids=find_end_token_ids(
                read_json(path / "generation_config.json"), read_json(path / "config.json")
            ),
            chat_template=_chat_template(path, config),
        )


def read_json(path: Path) -> dict[str, Any]:
    """The content of a file, or an empty dictionary if there is no such file. Raises OSError or ValueError."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content


def find_end_token_ids(generation: Mapping[str, Any], config: Mapping[str, Any]) -> list[int]:
    """The ids in generation_config.json, else those in config.json.

    transformers reads config.json only if there is no other file. If that file names no id, transformers never stops;
    here the ids in config.json count.
    """
    parts = (config.get(part) for part in ("decoder", "generator", "text_config"))
    text_config = next((part for part in parts if isinstance(part, dict)), {})
    for source in (generation, config, text_config):
        if ids := _as_list(source.get("eos_token_id")):
            return ids
    return []


def _as_list(value: Any) -> list[int]:
    """The ids in a field that is an id, a list of ids, or absent. A negative id stands for none."""
    return [id for id in (value if isinstance(value, list) else [value]) if isinstance(id, int) and id >= 0]


def _chat_template(path: Path, config: Mapping[str, Any]) -> str | None:
    """The template file, else the template in tokenizer_config.json; of several named ones, the default."""
    if (file := path / "chat_template.jinja").exists():
        return file.read_text(encoding="utf-8")
    template: str | list[dict[str, str]] | None = config.get("chat_template")
    if isinstance(template, list):
        return {entry["name"]: entry["template"] for entry in template}.get("default")
    return template
