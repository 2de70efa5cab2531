"""Requests about files to translate."""

import json
from typing import Any

import httpx

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import JSON


def document_calls(url: str, word: str) -> list[httpx.Request]:
    """Files to translate with the word in all places, and requests about documents that there are not."""
    path = f"{url}/v1/translate/document"
    good, text = {"target_lang": "fr", "source_lang": "en", "context": word}, (f"{word}.txt", f"{word}.\n".encode())
    uploads: list[tuple[dict[str, str], Any]] = [
        (good | {word: word}, {"file": text}),
        (good | {"wait": "20", "glossary": json.dumps([{"source": word, "target": word}])}, {"file": text}),
        (good, {"file": (f"{word}.txt", f"{RAISE} {word}".encode())}),
        (good, {"file": (f"{word}.{word}", word.encode())}),
        (good, {"file": (f"{word}.xml", f"<{word}".encode())}),
        (good, {"file": (f"{word}.txt", word.encode() + b"\xff")}),
        (good, {word: text}),
        *((good | {name: word}, {"file": text}) for name in ("target_lang", "source_lang", "format", "model")),
        *((good | {name: word}, {"file": text}) for name in ("glossary", "formality", "wait", "encoding")),
    ]
    return [
        *(httpx.Request("POST", path, data=fields, files=files) for fields, files in uploads),
        *(httpx.Request("POST", f"{url}/v2/document", data=fields, files=files) for fields, files in uploads),
        *(
            httpx.Request("POST", f"{url}/translate_file", data=fields | {word: word}, files={"file": text})
            for fields in ({"source": "en", "target": "fr"}, {"source": word, "target": "fr", "api_key": word})
        ),
        httpx.Request("POST", path, content=word.encode(), headers=JSON),
        httpx.Request("POST", f"{url}/v2/document/{word}", json={"document_key": word}),
        httpx.Request("GET", f"{url}/download_file/{word}"),
        *(httpx.Request("GET", f"{path}/{word}{end}") for end in ("", "/events", "/result")),
        httpx.Request("DELETE", f"{path}/{word}"),
    ]


def calls_of_documents(url: str, answers: list[httpx.Response]) -> list[httpx.Request]:
    """Requests about the documents, the last of which deletes each."""
    path = f"{url}/v1/translate/document"
    ids = [each.json()["id"] for each in answers if each.status_code == 202]
    ids += [each.headers["x-document-id"] for each in answers if "x-document-id" in each.headers]
    ends = ("/events", "", "/result")
    keys = {key["document_id"]: key for each in answers if '"document_key":"' in each.text for key in [each.json()]}
    urls = [each.json()["translatedFileUrl"] for each in answers if "translatedFileUrl" in each.text]
    return [
        *(httpx.Request("POST", f"{url}/v2/document/{id}", json=key) for id, key in keys.items()),
        *(httpx.Request("POST", f"{url}/v2/document/{id}/result", json=key) for id, key in keys.items()),
        *(httpx.Request("GET", each) for each in urls),
        *(httpx.Request("GET", f"{path}/{id}{end}") for id in ids for end in ends),
        *(httpx.Request("DELETE", f"{path}/{id}") for id in ids),
    ]
