"""The tokens around a source, and those that an output begins with, in the order of each family of models."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.tasks.encoder_decoder.generation_defaults import GenerationDefaults
from service.tasks.encoder_decoder.language_pairs import LanguagePairs
from service.tasks.text.languages import Language
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.text.tokenizer_files import read_json


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """A source is ``before``, the tokens of the text, and ``after``; the output begins with ``prompt``."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    prompt: tuple[int, ...]

    def around(self, tokens: list[int]) -> tuple[int, ...]:
        """The whole source for the tokens of a text."""
        return (*self.before, *tokens, *self.after)


def text_frame(tokenizer: Tokenizer, defaults: GenerationDefaults) -> SourceFrame:
    """For a model that no language is named to: the special tokens are those that its tokenizer adds."""
    text, special = (tokenizer.encode("a", add_special_tokens=special) for special in (False, True))
    end = tuple(tokenizer.eos_token_ids[:1])
    before, after = tokenizer.start_ids, end
    if special != text:
        after = tuple(special[len(before) + len(text) :])
    forced = defaults.forced_bos_token_id
    return SourceFrame(before, after, (defaults.decoder_start_token_id, *(() if forced is None else (forced,))))


class TranslationFrames:
    """The frames of a translation model for its pairs of languages."""

    def __init__(self, path: Path, tokenizer: Tokenizer, pairs: LanguagePairs, defaults: GenerationDefaults) -> None:
        """Raises OSError, or ValueError if the tokenizer lacks a token that the family needs."""
        config, settings = read_json(path / "config.json"), read_json(path / "tokenizer_config.json")
        self.pairs = pairs
        self.defaults = defaults
        self._tokenizer = tokenizer
        self._start = defaults.decoder_start_token_id
        self._end = tokenizer.eos_token_ids[:1]
        if not self._end:
            raise ValueError("the checkpoint names no end of a text")
        self._make = self._family(str(config.get("model_type")), config, settings)
        self._default_source = str(settings.get("src_lang") or settings.get("source_lang") or "")
        if config.get("model_type") in ("t5", "mt5", "umt5"):
            tokenizer.keep_as_control([token for code in pairs.targets if tokenizer.token_id(token := f"<2{code}>")])

    def frame(self, source: Language | None, target: Language) -> SourceFrame:
        """For this pair, which the model knows. Where the source is not known, the model's default counts."""
        written = self.pairs.target_code(target)
        assert written is not None
        read = None if source is None else self.pairs.source_code(source)
        if read is None:
            sources = self.pairs.sources
            read = self._default_source if self._default_source in sources else next(iter(sources), "")
        return self._make(read, written)

    def _family(self, kind: str, config: dict[str, Any], settings: dict[str, Any]) -> Callable[[str, str], SourceFrame]:
        match kind:
            case "marian":
                return self._marian
            case "m2m_100" if self._tokenizer.token_id("__en__") is not None:
                return lambda source, target: self._coded(f"__{source}__", f"__{target}__", is_first=True)
            case "m2m_100":
                is_first = not settings.get("legacy_behaviour", False)
                return lambda source, target: self._coded(source, target, is_first=is_first)
            case "mbart" if str(settings.get("tokenizer_class")).startswith("MBart50"):
                return lambda source, target: self._coded(source, target, is_first=True)
            case "mbart":
                return self._mbart
        tasks = config.get("task_specific_params") or {}
        prefixes = {
            name: self._ids(value.get("prefix", "")) for name, value in tasks.items() if isinstance(value, dict)
        }
        tags = {code: self._ids(f"<2{code}>") for code in self.pairs.targets}

        def t5(source: str, target: str) -> SourceFrame:
            before = prefixes.get(f"translation_{source}_to_{target}", tags[target])
            return SourceFrame(before, self._end, (self._start,))

        return t5

    def _marian(self, source: str, target: str) -> SourceFrame:
        """A model of one target has no tokens for languages."""
        token = self._tokenizer.token_id(f">>{target}<<")
        return SourceFrame(() if token is None else (token,), self._end, (self._start,))

    def _mbart(self, source: str, target: str) -> SourceFrame:
        """The first mBART: languages end a source and begin an output."""
        return SourceFrame((), (*self._end, self._token(source)), (self._token(target),))

    def _coded(self, source: str, target: str, *, is_first: bool) -> SourceFrame:
        """The source's language before it, or behind its end; the target's behind the start."""
        code = (self._token(source),)
        before, after = (code, self._end) if is_first else ((), (*self._end, *code))
        return SourceFrame(before, after, (self._start, self._token(target)))

    def _token(self, text: str) -> int:
        id = self._tokenizer.token_id(text)
        if id is None:
            raise ValueError(f"the tokenizer has no token {text}")
        return id

    def _ids(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text.rstrip(), add_special_tokens=False))
