"""What a Whisper checkpoint says about its prompts, its tokens and its features."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from service.errors import UnsupportedModel

Task = Literal["transcribe", "translate"]

TIMESTAMP_SECONDS = 0.02  # between two timestamps, and between two positions of the encoder
FRAMES_PER_TIMESTAMP = 2
_FEATURES = {"sampling_rate": 16_000, "hop_length": 160, "n_fft": 400}
_ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechCheckpoint:
    """Token ids, and sizes. ``languages`` is empty for a model that knows English only, and has no tasks then."""

    end: int
    start: int
    previous: int | None  # stands before the text that came before
    no_timestamps: int
    languages: Mapping[str, int]  # Whisper's codes, such as "en"
    tasks: Mapping[str, int]
    suppressed: tuple[int, ...]
    suppressed_first: tuple[int, ...]
    latest_first: int | None  # the greatest timestamp with which a window may begin
    mels: int
    window: int  # frames that the encoder reads
    max_target_len: int  # tokens of a prompt and its output

    @property
    def first_timestamp(self) -> int:
        return self.no_timestamps + 1

    @property
    def no_speech(self) -> int:
        """The token whose probability behind ``start`` says that nobody speaks."""
        return self.no_timestamps - 1

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the files of a model directory. Raises OSError, ValueError, or UnsupportedModel for other features."""
        config, generation = _read(path / "config.json"), _read(path / "generation_config.json")
        extraction = _read(path / "preprocessor_config.json")
        for name, value in _FEATURES.items():
            if extraction.get(name, value) != value:
                raise UnsupportedModel(f"preprocessor_config.json has {name} = {extraction[name]}; {value} is computed")
        try:
            no_timestamps = int(generation["no_timestamps_token_id"])
            latest = generation.get("max_initial_timestamp_index")
            languages = {token[2:-2]: int(id) for token, id in (generation.get("lang_to_id") or {}).items()}
            return cls(
                end=_first(generation.get("eos_token_id", config.get("eos_token_id"))),
                start=_first(generation.get("decoder_start_token_id", config.get("decoder_start_token_id"))),
                previous=generation.get("prev_sot_token_id"),
                no_timestamps=no_timestamps,
                languages=languages if generation.get("is_multilingual", True) else {},
                tasks=generation.get("task_to_id") or {},
                suppressed=tuple(generation.get("suppress_tokens") or ()),
                suppressed_first=tuple(generation.get("begin_suppress_tokens") or ()),
                latest_first=None if latest is None else no_timestamps + 1 + int(latest),
                mels=int(config["num_mel_bins"]),
                window=FRAMES_PER_TIMESTAMP * int(config["max_source_positions"]),
                max_target_len=int(config["max_target_positions"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the files of the speech model lack {error}") from error

    def knows(self, language: str) -> bool:
        """Whether the model writes this language down; the code is Whisper's."""
        return language in self.languages if self.languages else language == _ENGLISH

    def prompt(self, language: str, task: Task, *, timestamps: bool, before: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The decoder's prompt. ``before`` are the tokens of a text that came before; the last of them count."""
        room = self.max_target_len // 2 - 1
        prompt = [self.previous, *before[-room:]] if before and self.previous is not None else []
        prompt.append(self.start)
        if self.languages:
            prompt += [self.languages[language], self.tasks[task]]
        if not timestamps:
            prompt.append(self.no_timestamps)
        return tuple(prompt)


def _first(ids: Any) -> int:
    return int(ids[0] if isinstance(ids, list) else ids)


def _read(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} is not a JSON object")
    return value
