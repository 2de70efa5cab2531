"""Requests to LibreTranslate."""

from tests.privacy.requests.bodies import PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Requests to LibreTranslate, correct ones and wrong ones."""
    return [
        ("/translate", {"q": word, "source": "en", "target": "fr", "api_key": word}),
        ("/translate", {"q": word, "source": word, "target": "fr"}),
        ("/translate_file", {"file": word}),
        ("/detect", {"q": word, "api_key": word}),
    ]
