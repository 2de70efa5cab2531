"""Requests whose bodies, headers or methods are wrong, and requests without a body."""

import json
from urllib.parse import urlencode

import httpx

from tests.privacy.requests.bodies import FORM, JSON, SHORT


def malformed_calls(url: str, word: str) -> list[httpx.Request]:
    """Bodies that are no JSON, or another one than the path wants, and headers with the word."""
    raw: list[tuple[str, bytes, dict[str, str]]] = [
        ("/v1/generate", f'{{"prompt": "{word}'.encode(), JSON),
        ("/v1/generate", f'{{"{word}": {word}}}'.encode(), JSON),
        ("/v1/generate", f'{{"prompt": "\\{word}"}}'.encode(), JSON),
        ("/v1/generate", f'"{word}"'.encode(), JSON),
        ("/v1/generate", word.encode(), {"content-type": word}),
        ("/translate", f"q={word}&source={word}&target=%ff".encode(), FORM),
        ("/translate", urlencode({"q": word, "source": "en", "target": "fr"}).encode(), FORM),
        ("/v1/generate", json.dumps({"prompt": word}).encode(), JSON | {"x-request-timeout": word}),
        (
            "/v1/generate",
            json.dumps({"prompt": word, **SHORT}).encode(),
            JSON | {"x-request-id": f"{word} {word}", "authorization": f"Bearer {word}", "cookie": word},
        ),
    ]
    return [httpx.Request("POST", url + path, content=body, headers=headers) for path, body, headers in raw]


def calls_without_body(url: str, word: str) -> list[httpx.Request]:
    """The last one has the word as its method."""
    gets = ["/v1/models", f"/v1/models/{word}", "/v1/models/echo", "/v1/languages", f"/languages?{word}={word}"]
    gets += ["/tokenizer_info", f"/tokenizer_info?model={word}"]
    gets += ["/info", "/props", "/slots", f"/infill/{word}", "/api/tags", "/api/ps", "/api/version", f"/api/{word}"]
    gets += [f"/v1/responses/{word}", f"/v1/responses/{word}/input_items?after={word}&{word}={word}"]
    gets += ["/v3/languages?resource=glossary", f"/v3/languages?resource={word}", "/v3/languages/resources"]
    gets += ["/v2/glossaries", f"/v2/glossaries/{word}", "/v2/glossary-language-pairs", "/v3/glossaries"]
    gets += ["/v2/languages", f"/v2/languages?type={word}", "/v2/usage", "/version", f"/{word}/{word}?{word}"]
    gets += ["/", "/ping", "/health", "/health/live", "/health/ready", "/metrics", f"/v2/{word}", f"/models/{word}"]
    return [
        *(httpx.Request("GET", url + path, headers={"user-agent": word, "referer": word}) for path in gets),
        httpx.Request(word.upper(), f"{url}/v1/generate"),
    ]
