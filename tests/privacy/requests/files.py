"""Requests about files and batches."""

import json
from typing import Any

import httpx

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import JSON, SHORT


def file_calls(url: str, word: str) -> list[httpx.Request]:
    """Uploads with the word in all places, and requests about files and batches that there are not."""
    good, one = {"purpose": "batch"}, {"file": (word, _lines(word))}
    body = {"input_file_id": word, "endpoint": "/v1/completions", "completion_window": "24h", "metadata": {word: word}}
    uploads: list[tuple[dict[str, str], Any]] = [
        (good | {word: word}, one),
        (good, {"file": (word, f"{{{word}\n{word}\n".encode())}),
        ({"purpose": word}, one),
        (good, {word: (word, word.encode())}),
        (good | {"expires_after[anchor]": word, "expires_after[seconds]": word}, one),
    ]
    wrong: list[dict[str, Any]] = [{name: word} for name in body]
    return [
        *(httpx.Request("POST", f"{url}/v1/files", data=fields, files=files) for fields, files in uploads),
        httpx.Request("POST", f"{url}/v1/files", content=word.encode(), headers=JSON),
        *(
            httpx.Request("POST", f"{url}/v1/batches", content=json.dumps(body | changes).encode(), headers=JSON)
            for changes in wrong
        ),
        *(httpx.Request("GET", f"{url}/v1/{path}") for path in ("files", f"files?after={word}&purpose={word}")),
        *(httpx.Request("GET", f"{url}/v1/{path}") for path in (f"files/{word}", f"files/{word}/content")),
        *(httpx.Request("GET", f"{url}/v1/{path}") for path in ("batches", f"batches?after={word}", f"batches/{word}")),
        httpx.Request("DELETE", f"{url}/v1/files/{word}"),
        httpx.Request("POST", f"{url}/v1/batches/{word}/cancel"),
    ]


def _lines(word: str) -> bytes:
    """Lines of a batch with the word: a good one, and some that are refused or fail."""
    bodies: list[Any] = [
        {"prompt": word, **SHORT},
        {"prompt": f"{RAISE} {word}", **SHORT},
        {"prompt": word, "stream": word},
        {"prompt": word, "model": word},
        {word: word},
    ]
    lines = [
        {"custom_id": f"{word}-{number}", "method": "POST", "url": "/v1/completions", "body": body, word: word}
        for number, body in enumerate(bodies)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def calls_of_files(url: str, answers: list[httpx.Response], word: str) -> list[httpx.Request]:
    """Requests about the uploaded files, and batches of them."""
    uploads = [each for each in answers if each.request.url.path == "/v1/files" and each.request.method == "POST"]
    ids = [each.json()["id"] for each in uploads if each.is_success]
    body = {"endpoint": "/v1/completions", "completion_window": "24h", "metadata": {word: word}, word: word}
    return [
        *(httpx.Request("GET", f"{url}/v1/files/{id}") for id in ids),
        *(httpx.Request("GET", f"{url}/v1/files/{id}/content") for id in ids),
        *(
            httpx.Request(
                "POST", f"{url}/v1/batches", content=json.dumps(body | {"input_file_id": id}).encode(), headers=JSON
            )
            for id in ids
        ),
    ]


def calls_of_batches(url: str, answers: list[httpx.Response]) -> list[httpx.Request]:
    """Requests about the batches that were made."""
    made = [each.json() for each in answers if each.request.url.path == "/v1/batches" and each.is_success]
    batches = [each for each in made if each["object"] == "batch"]
    return [
        *(httpx.Request("GET", f"{url}/v1/batches/{each['id']}") for each in batches),
        *(httpx.Request("POST", f"{url}/v1/batches/{each['id']}/cancel") for each in batches),
        *(httpx.Request("DELETE", f"{url}/v1/files/{each['input_file_id']}") for each in batches),
    ]
