"""Requests to DeepL."""

from tests.privacy.requests.bodies import PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Requests to DeepL, correct ones and wrong ones."""
    return [
        ("/v2/translate", {"text": [word], "target_lang": "FR", "glossary_id": word}),
        ("/v2/translate", {"text": [word], "target_lang": "FR", "source_lang": "EN"}),
        ("/v2/languages", {"type": word}),
    ]
