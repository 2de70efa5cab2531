"""Requests about glossaries of DeepL's API."""

import json
from typing import Any

import httpx

from tests.privacy.requests.bodies import JSON, PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Glossaries with the word in all places."""
    entries = {"source_lang": "en", "target_lang": "fr", "entries": f"{word}\t{word}"}
    wrong: list[dict[str, Any]] = [{name: word} for name in (*entries, "entries_format")]
    return [
        ("/v2/glossaries", entries | {"name": word, word: word}),
        ("/v2/glossaries", entries | {"name": word}),
        ("/v3/glossaries", {"name": word, "dictionaries": [entries]}),
        *(("/v2/glossaries", entries | {"name": word} | fields) for fields in wrong),
        *(("/v3/glossaries", {"name": word, "dictionaries": [entries | fields]}) for fields in wrong),
        ("/v3/glossaries", {"name": f"{word}\n", "dictionaries": [entries, entries]}),
        ("/v3/glossaries", {"name": word, "dictionaries": [entries, entries]}),
        ("/v2/translate", {"text": [word], "target_lang": "FR", "source_lang": "EN", "glossary_ids": [word]}),
        (
            "/v2/translate",
            {"text": [f"<a>{word}</a>"], "target_lang": "FR", "source_lang": "EN", "tag_handling": "xml"}
            | {"ignore_tags": [word], "splitting_tags": word, "non_splitting_tags": [word]},
        ),
    ]


def calls_of_glossaries(url: str, answers: list[httpx.Response], word: str) -> list[httpx.Request]:
    """Requests about the stored glossaries."""
    made = [each for each in answers if each.request.url.path == "/v2/glossaries" and each.status_code == 201]
    glossary = f"glossaries/{made[0].json()['glossary_id']}"
    pair, other = "source_lang=en&target_lang=fr", f"source_lang={word}&target_lang={word}"
    entries = {"source_lang": "en", "target_lang": "fr", "entries": f"{word}\t{word}s"}
    bodies: list[tuple[str, str, Any]] = [
        ("PATCH", glossary, {"name": f"{word}s", "dictionaries": [entries], word: word}),
        ("PATCH", glossary, {"dictionaries": [{word: word}]}),
        ("PUT", f"{glossary}/dictionaries", entries),
        ("PUT", f"{glossary}/dictionaries", entries | {"entries": word}),
    ]
    text = {"text": [word], "source_lang": "EN", "target_lang": "FR", "glossary_id": made[0].json()["glossary_id"]}
    return [
        *(
            httpx.Request(method, f"{url}/v3/{path}", content=json.dumps(body).encode(), headers=JSON)
            for method, path, body in bodies
        ),
        httpx.Request("POST", f"{url}/v2/translate", content=json.dumps(text).encode(), headers=JSON),
        *(httpx.Request("GET", f"{url}/{path}") for path in (f"v2/{glossary}", f"v2/{glossary}/entries")),
        *(httpx.Request("GET", f"{url}/v3/{path}") for path in (glossary, f"{glossary}/entries?{pair}")),
        httpx.Request("GET", f"{url}/v3/{glossary}/entries?{other}"),
        httpx.Request("DELETE", f"{url}/v3/{glossary}/dictionaries?{other}"),
        httpx.Request("DELETE", f"{url}/v3/{glossary}/dictionaries?{pair}"),
        httpx.Request("DELETE", f"{url}/v3/{glossary}"),
        httpx.Request("DELETE", f"{url}/v2/glossaries/{made[1].json()['glossary_id']}"),
        httpx.Request("DELETE", f"{url}/v2/glossaries/{word}"),
    ]
