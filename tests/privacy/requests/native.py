"""Requests to the API of this service."""

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import SHORT, PathAndBody, messages_with


def bodies(word: str) -> list[PathAndBody]:
    """Requests to the API of this service, correct ones and wrong ones."""
    messages = messages_with(word)
    docs = [{"id": word, "title": word, "text": f"{word} was there in 1894. It is {word}."}]
    return [
        ("/v1/generate", {"prompt": word, "stop": [f"z{word}"], "cache_salt": word, **SHORT}),
        ("/v1/generate", {"prompt": f"{RAISE} {word}", **SHORT}),
        ("/v1/generate", {"messages": messages, "stream": True, **SHORT}),
        ("/v1/generate", {"prompt": f"{RAISE} {word}", "stream": True, **SHORT}),
        ("/v1/translate", {"text": f"{word} {word}", "target_lang": "fr", "context": word, **SHORT}),
        (
            "/v1/translate",
            {"text": f"<p>{word}</p>", "source_lang": "en", "target_lang": "fr", "format": "html"}
            | {"glossary": [{"source": word, "target": word}], "do_not_translate": [f"{word}s"], **SHORT},
        ),
        ("/v1/translate", {"text": word, "source_lang": "en", "target_lang": "fr", "output_prefix": word, **SHORT}),
        ("/v1/translate", {"text": f"<{word}>", "target_lang": "fr", "format": "xml"}),
        (
            "/v1/translate",
            {"text": f'<b title="{word} {word}">{word}</b>', "target_lang": "fr", "format": "html"}
            | {"translate_attributes": ["title", word], **SHORT},
        ),
        ("/v1/translate", {"text": word, "target_lang": "fr", "format": "xml", "translate_attributes": [word]}),
        ("/v1/translate", {"text": word, "target_lang": "fr", "memory": [{"source": word, "target": f"{word}s"}]}),
        ("/v1/translate", {"text": word, "source_lang": "en", "target_lang": "fr", "memory": f"<tmx>&{word};"}),
        ("/v1/translate", {"text": word, "source_lang": "en", "target_lang": "fr", "glossary": word}),
        ("/v1/translate", {"text": word, "target_lang": word}),
        ("/v1/translate", {"text": word, "source_lang": word, "target_lang": "fr"}),
        ("/v1/translate", {"text": word, "target_lang": "fr", "formality": word}),
        ("/v1/answer", {"question": word, **SHORT}),
        ("/v1/answer", {"question": word, "documents": docs, **SHORT}),
        ("/v1/answer", {"question": word, "documents": docs, "mode": "generative", **SHORT}),
        ("/v1/answer", {"question": word, "documents": docs + docs}),
        ("/v1/explain", {"text": word, "token": 2}),
        ("/v1/explain", {"text": word, "token": word}),
        ("/v1/answer", {"question": word, "history": [{"question": word, "answer": word}], **SHORT}),
    ]
