"""What LibreTranslate's routes say."""

from collections.abc import Sequence
from typing import Any

from service.tasks.text.languages import Language
from service.tasks.translation import Detection, Translation

_UNDETERMINED = {"confidence": 0.0, "language": "und"}  # BCP-47's word for a text without letters


def translated(translations: Sequence[Translation], *, several: bool, auto: bool, alternatives: bool) -> dict[str, Any]:
    """One text gets single values, a list of texts lists of them."""
    said: dict[str, list[Any]] = {"translatedText": [each.text for each in translations]}
    if auto:
        said["detectedLanguage"] = [detected(each.detected) for each in translations]
    if alternatives:
        said["alternatives"] = [each.alternatives for each in translations]
    return said if several else {key: values[0] for key, values in said.items()}


def detected(detection: Detection | None) -> dict[str, Any]:
    if detection is None:
        return _UNDETERMINED
    return {"confidence": round(100 * detection.confidence, 2), "language": detection.language.code}


def languages(known: Sequence[Language]) -> list[dict[str, Any]]:
    codes = [language.code for language in known]
    return [{"code": language.code, "name": language.name, "targets": codes} for language in known]
