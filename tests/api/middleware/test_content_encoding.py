"""Compressed bodies: decoded within the limit on bodies, or refused by name."""

import gzip
import json
import logging
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from service.keys.key import Scope
from tests.api.scripted import Scripted, scripted_service
from tests.keys.making import add_key

GENERATE = json.dumps({"prompt": "x"}).encode()
ROUTES = {
    "/v1/generate": GENERATE,
    "/translate": json.dumps({"q": "x", "source": "en", "target": "fr"}).encode(),
    "/v2/translate": json.dumps({"text": ["x"], "target_lang": "DE"}).encode(),
    "/pipeline/translation": json.dumps({"inputs": "x", "parameters": {"tgt_lang": "fra_Latn"}}).encode(),
}


def raw_deflate(data: bytes) -> bytes:
    """The data in bare deflate, without zlib's header."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "fast zlib": ("deflate", lambda data: zlib.compress(data, 1)),
    "bare deflate": ("deflate", raw_deflate),
    "identity": ("identity", bytes),
    "none": ("", bytes),
}


def post(http: httpx.Client, path: str, body: bytes, encoding: str, *, parts: int = 1) -> httpx.Response:
    """The answer to a JSON body with this content-encoding, which arrives in parts if there are several."""
    size = max(1, -(-len(body) // parts))
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    headers = {"content-type": "application/json", "content-encoding": encoding}
    return http.post(path, content=body if parts == 1 else chunks, headers=headers)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("parts", [1, 5])
def test_a_body_is_decoded(hello: Scripted, path: str, encoder: str, parts: int) -> None:
    encoding, compress = ENCODERS[encoder]
    assert post(hello.http, path, compress(ROUTES[path]), encoding, parts=parts).status_code == 200


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "gzip, gzip"])
def test_another_encoding_is_refused_by_name(hello: Scripted, path: str, encoding: str) -> None:
    refused = post(hello.http, path, ROUTES[path], encoding)
    assert refused.status_code == 415
    assert encoding in refused.text
    assert refused.headers["accept-encoding"] == "gzip, deflate"


def test_an_unheard_of_encoding_is_not_repeated(hello: Scripted) -> None:
    refused = post(hello.http, "/v1/generate", GENERATE, "private-word")
    assert (refused.status_code, refused.json()["error"]["code"]) == (415, "unsupported_content_encoding")
    assert "private-word" not in refused.text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", GENERATE),
        ("gzip", b""),
        ("gzip", gzip.compress(GENERATE, mtime=0)[:-1]),
        ("gzip", gzip.compress(GENERATE, mtime=0) + b"more"),
        ("gzip", gzip.compress(b"", mtime=0) * 100),
        ("deflate", GENERATE),
        ("deflate", zlib.compress(GENERATE)[:-5]),
        ("deflate", gzip.compress(GENERATE, mtime=0)),
    ],
)
@pytest.mark.parametrize("path", ["/v1/generate", "/translate"])
def test_a_body_that_is_not_what_it_says_is_refused(hello: Scripted, path: str, encoding: str, body: bytes) -> None:
    refused = post(hello.http, path, body, encoding)
    assert refused.status_code == 400
    assert f"The body is not {encoding}" in refused.text


@pytest.mark.parametrize("encoder", ["gzip", "zlib", "bare deflate"])
def test_a_small_body_cannot_become_a_large_one(encoder: str) -> None:
    encoding, compress = ENCODERS[encoder]

    def padded(size: int) -> bytes:
        return compress(GENERATE + b" " * (size - len(GENERATE)))

    with scripted_service(max_body_bytes=100_000) as service:
        assert len(padded(100_001)) < 1000
        assert post(service.http, "/v1/generate", padded(100_000), encoding).status_code == 200
        for size in (100_001, 50_000_000):
            refused = post(service.http, "/v1/generate", padded(size), encoding)
            assert refused.status_code == 413
            assert "100000 bytes when it is decoded" in refused.text


def test_a_key_in_a_compressed_body_is_found(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    body = {"q": "x", "source": "en", "target": "fr", "api_key": add_key(path, "a", Scope.TRANSLATE)}
    with scripted_service(keys_file=path) as service:
        answer = post(service.http, "/translate", gzip.compress(json.dumps(body).encode()), "gzip")
        assert answer.status_code == 200
        assert post(service.http, "/translate", ROUTES["/translate"], "br").status_code == 415


def test_the_log_of_bodies_shows_what_was_decoded(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "service.api.middleware.body_logging"), scripted_service(log_prompts=True) as up:
        assert post(up.http, "/v1/generate", gzip.compress(GENERATE, mtime=0), "gzip").status_code == 200
    assert [vars(line)["prompt"] for line in caplog.records] == [GENERATE.decode()]
