"""Requests to Hugging Face."""

from tests.privacy.requests.bodies import PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Requests to Hugging Face, correct ones and wrong ones."""
    return [
        ("/", {"inputs": {"question": word, "context": f"{word} was there in 1894."}}),
        ("/pipeline/translation", {"inputs": word, "parameters": {"src_lang": "en", "tgt_lang": "fr"}}),
        ("/pipeline/summarization", {"inputs": word, "parameters": {"generate_parameters": {"stop": word}}}),
        ("/pipeline/translation", {"inputs": word, "parameters": {"src_lang": word, "tgt_lang": word}}),
        (f"/pipeline/{word}", {"inputs": word}),
        ("/models/echo", {"inputs": {"question": word, "context": word}}),
        (f"/models/{word}", {"inputs": {"question": word, "context": word}}),
        (f"/{word}", {"prompt": word}),
    ]
