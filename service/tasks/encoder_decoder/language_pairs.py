"""The pairs of languages that a translation model knows, found in its files. No weights and no tokenizer are read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import langcodes

from service.errors import UnknownLanguage
from service.tasks.text.languages import Language, find_language
from service.tasks.text.sentencepiece.language_codes import M2M100, MBART, MBART50
from service.tasks.text.tokenizer_files import read_json

_MARIAN_TOKEN = re.compile(r">>(.+)<<")
_MARIAN_NAME = re.compile(r"opus-mt(?:-tc-[a-z0-9]+|_tiny)?-([A-Za-z_]+)-([A-Za-z_]+)$")
_NLLB_CODE = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")
_MADLAD_TAG = re.compile(rb"<2([a-z]{2,3}(?:_[A-Z][A-Za-z]{1,3})?)>")
_T5_TASK = re.compile(r"translation_([A-Za-z_]+)_to_([A-Za-z_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePairs:
    """``sources`` and ``targets`` are the languages by the model's own codes.

    No sources: a text in any language is read. ``only`` are the codes of the pairs that there are; None: all.
    """

    sources: Mapping[str, Language]
    targets: Mapping[str, Language]
    only: frozenset[tuple[str, str]] | None = None

    def __iter__(self) -> Iterator[tuple[Language, Language]]:
        """All pairs. A model that reads any language has those between its targets."""
        if self.only is not None:
            yield from ((self.sources[source], self.targets[target]) for source, target in sorted(self.only))
            return
        for source in (self.sources or self.targets).values():
            yield from ((source, target) for target in self.targets.values() if source.code != target.code)

    def source_code(self, language: Language) -> str | None:
        """The model's code of a source language; None if the model does not know it."""
        return _find(language, self.sources)

    def target_code(self, language: Language) -> str | None:
        """The model's code of a target language; None if the model does not know it."""
        return _find(language, self.targets)

    def knows(self, source: Language | None, target: Language) -> bool:
        """Whether the model translates between the two. ``source``: None if it is not known."""
        written = self.target_code(target)
        if written is None:
            return False
        if source is None:
            return self.only is None or any(written == code for _, code in self.only)
        read = self.source_code(source)
        if self.sources and read is None:
            return False
        return read != written if self.only is None else (read, written) in self.only


def find_language_pairs(path: Path) -> LanguagePairs | None:
    """The pairs of the checkpoint in a directory; None if it is no translation model. Raises OSError or ValueError."""
    config, settings = read_json(path / "config.json"), read_json(path / "tokenizer_config.json")
    match config.get("model_type"):
        case "marian":
            return _marian(path, config, settings)
        case "m2m_100":
            codes = M2M100 if (path / "vocab.json").is_file() else _nllb_codes(path, settings)
            return _between_all(codes)
        case "mbart":
            return _between_all(MBART50 if settings.get("tokenizer_class", "").startswith("MBart50") else MBART)
        case "t5" | "mt5" | "umt5":
            return _t5(path, config)
    return None


def _marian(path: Path, config: Mapping[str, Any], settings: Mapping[str, Any]) -> LanguagePairs:
    """A model of several targets has a token for each. A source that is a group of languages is any language."""
    names = (str(config.get("_name_or_path", "")), path.name, path.resolve().name)
    named = next((match for name in names if (match := _MARIAN_NAME.search(name))), None)
    source = settings.get("source_lang") or (named[1] if named else "")
    target = settings.get("target_lang") or (named[2] if named else "")
    tokens = filter(None, map(_MARIAN_TOKEN.fullmatch, read_json(path / "vocab.json")))
    targets = _languages(token[1] for token in tokens) or _languages([target])
    return LanguagePairs(sources=_languages([source]), targets=targets)


def _t5(path: Path, config: Mapping[str, Any]) -> LanguagePairs | None:
    tasks = config.get("task_specific_params")
    matches = [match for name in tasks or () if (match := _T5_TASK.fullmatch(name))] if isinstance(tasks, dict) else []
    if matches:
        sources, targets = (_languages(match[side] for match in matches) for side in (1, 2))
        only = frozenset((m[1], m[2]) for m in matches if m[1] in sources and m[2] in targets)
        return LanguagePairs(sources=sources, targets=targets, only=only)
    file = next((path / name for name in ("spiece.model", "tokenizer.json") if (path / name).is_file()), None)
    tags = [] if file is None else _MADLAD_TAG.findall(file.read_bytes())
    targets = _languages(tag.decode() for tag in tags)
    return LanguagePairs(sources={}, targets=targets) if targets else None


def _nllb_codes(path: Path, settings: Mapping[str, Any]) -> list[str]:
    """The codes among the special tokens. ``tokenizer.json`` is large, and read only if no other file lists them."""
    legacy = read_json(path / "special_tokens_map.json")
    lists = [source.get(f"{kind}_special_tokens") for source in (settings, legacy) for kind in ("extra", "additional")]
    listed = [token for tokens in lists if isinstance(tokens, list) for token in tokens]
    added = settings.get("added_tokens_decoder") or {}
    return _codes([*listed, *added.values()]) or _codes(read_json(path / "tokenizer.json").get("added_tokens", []))


def _codes(tokens: Iterable[Any]) -> list[str]:
    texts = (str(token.get("content", "") if isinstance(token, dict) else token) for token in tokens)
    return [text for text in dict.fromkeys(texts) if _NLLB_CODE.fullmatch(text)]


def _between_all(codes: Iterable[str]) -> LanguagePairs:
    languages = _languages(codes)
    return LanguagePairs(sources=languages, targets=languages)


def _languages(codes: Iterable[str]) -> dict[str, Language]:
    """The languages of those codes that stand for one; groups of languages do not."""
    found = {}
    for code in codes:
        try:
            found[code] = find_language(code)
        except UnknownLanguage:
            continue
    return found


def _find(language: Language, known: Mapping[str, Language]) -> str | None:
    """The code of the language; else of one that is written in the same script. The first code counts."""
    alike = [code for code, each in known.items() if each.base == language.base]
    exact = [code for code in alike if known[code].code == language.code]
    script = _script(language.code)
    return next(iter([*exact, *(code for code in alike if _script(known[code].code) == script)]), None)


def _script(code: str) -> str:
    return str(langcodes.Language.get(code).maximize().script)
