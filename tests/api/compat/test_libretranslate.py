"""LibreTranslate's API, with its official client and with plain HTTP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from libretranslatepy import LibreTranslateAPI

from tests.api.keyed import keyed_service
from tests.api.raw_http import connection, post_bytes
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts
from tests.fakes.engine import ScriptedEngine

TO_GERMAN = {"source": "en", "target": "de"}


def test_the_official_client(german: Scripted) -> None:
    client = LibreTranslateAPI(german.url, api_key="any")
    assert client.translate("Good cats run & hide, 100%.", "en", "de") == "Gööd cäts rün & hide, 100%."
    best = client.detect("Bonjour tout le monde, comment allez-vous ?")[0]
    assert best["language"] == "fr"
    assert 50 < best["confidence"] <= 100
    known = {language["code"]: language for language in client.languages()}
    assert known["zh"]["name"] == "Chinese"
    assert set(known["en"]["targets"]) == set(known)


def as_parts(body: dict[str, Any]) -> list[tuple[str, tuple[None, bytes]]]:
    """The fields as httpx sends them in a multipart form."""
    values = [(name, each) for name, value in body.items() for each in (value if isinstance(value, list) else [value])]
    return [(name, (None, str(value).encode())) for name, value in values]


WAYS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "json": lambda body: {"json": body},
    "form": lambda body: {"data": body},
    "multipart": lambda body: {"files": as_parts(body)},
    "query": lambda body: {"params": body},
    "query and form": lambda body: {"params": {"q": body["q"]}, "data": {**body, "q": "of the form"}},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_text_and_a_list(german: Scripted, way: str) -> None:
    def post(body: dict[str, Any]) -> Any:
        return german.http.post("/translate", **WAYS[way](body)).json()

    assert post(TO_GERMAN | {"q": "Good."}) == {"translatedText": "Gööd."}
    texts = ["The good cats run fast.", "Elle ne sait pas où est la gare.", "123"]
    answer = post({"q": texts, "source": "AUTO", "target": "de", "alternatives": 1})
    assert answer["translatedText"] == ["The gööd cäts rün fäst.", "Elle ne säit päs öù est lä gäre.", "123"]
    assert [each["language"] for each in answer["detectedLanguage"]] == ["en", "fr", "und"]
    assert answer["detectedLanguage"][2]["confidence"] == 0
    assert [type(each) for each in answer["alternatives"]] == [list] * 3


def test_markup_is_kept(german: Scripted) -> None:
    body = TO_GERMAN | {"q": '<p title="Good cats">Good <b>cats</b></p>', "format": "html"}
    assert german.http.post("/translate", json=body).json() == {
        "translatedText": '<p title="Good cats">Gööd <b>cäts</b></p>'
    }


def test_flags_are_in_a_header(german: Scripted) -> None:
    answers = [
        german.http.post("/translate", json=TO_GERMAN | {"q": q}) for q in ("These hopeless words stay.", "Good.")
    ]
    assert [answer.headers.get("x-translation-flags") for answer in answers] == ["0: copied", None]
    several = ["Good.", "These hopeless words stay.", "Good.", "A hopeless case is this."]
    answer = german.http.post("/translate", json=TO_GERMAN | {"q": several})
    assert answer.headers["x-translation-flags"] == "1: copied; 3: copied"


@pytest.mark.parametrize(
    ("path", "body", "blamed"),
    [
        ("/translate", {"q": "x", "source": "en"}, "target"),
        ("/translate", {"q": "x", "target": "en"}, "source"),
        ("/translate", {"source": "en", "target": "de"}, "q"),
        ("/translate", {"q": [], "source": "en", "target": "de"}, "q"),
        ("/translate", {"q": ["x", 5], "source": "en", "target": "de"}, "q"),
        ("/translate", {"q": ["x"] * 129, "source": "en", "target": "de"}, "q"),
        ("/translate", {"q": "x" * 100_001, "source": "en", "target": "de"}, "q"),
        ("/translate", {"q": "".join(f"It is {i}. " for i in range(600)), "source": "en", "target": "de"}, "q"),
        ("/translate", {"q": "x", "source": "en", "target": "klingon?"}, "target"),
        ("/translate", {"q": "x", "source": "sw", "target": "de"}, "source"),
        ("/translate", {"q": "x", "source": "en", "target": "de", "format": "odt"}, "format"),
        ("/translate", {"q": "x", "source": "en", "target": "de", "alternatives": 17}, "alternatives"),
        ("/translate", {"q": "x", "source": "en", "target": "de", "alternatives": "3"}, "alternatives"),
        ("/translate", {"q": "x", "source": "en", "target": "de", "glossary_id": "5"}, "glossary_id"),
        ("/detect", {"q": ["x"]}, "q"),
        ("/detect", {}, "q"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, path: str, body: dict[str, Any], blamed: str) -> None:
    response = hello.http.post(path, json=body)
    assert (response.status_code, set(response.json())) == (400, {"error"})
    assert response.json()["error"].startswith(f"{blamed}: ")


PART = b'--y\r\nContent-Disposition: form-data; name="q"\r\n\r\n'


@pytest.mark.parametrize("path", ["/translate", "/detect"])
@pytest.mark.parametrize(
    ("body", "type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b"q=%FF", "application/x-www-form-urlencoded", 400),
        (b"q=\xff", "application/x-www-form-urlencoded", 400),
        (b"q&" * 2000, "application/x-www-form-urlencoded", 400),
        (b'{"q": "\\ud800"}', "application/json", 400),
        (b"x", "multipart/form-data; boundary=y", 400),
        (b"--y--", "multipart/form-data", 400),
        (b"--y\r\n\r\nx\r\n--y--", "multipart/form-data; boundary=y", 400),
        (PART + b"x\r\n--y", "multipart/form-data; boundary=y", 400),
        (PART + b"\xff\r\n--y--", "multipart/form-data; boundary=y", 400),
        ((PART + b"x\r\n") * 2000 + b"--y--", "multipart/form-data; boundary=y", 400),
        (PART.replace(b'"q"', b'"q"; filename="f"') + b"x\r\n--y--", "multipart/form-data; boundary=y", 400),
        (b"x", "text/plain", 415),
        (b"{}", "", 415),
        (b"x" * (5 << 20), "application/json", 413),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_bodies_that_cannot_be_read(hello: Scripted, path: str, body: bytes, type: str, status: int) -> None:
    response = hello.http.post(path, content=body, headers={"content-type": type})
    assert response.status_code == status
    assert isinstance(response.json()["error"], str)


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("multipart/form-data; boundary=y", PART + b"Bonjour tout le monde\r\n--y--\r\n"),
        (
            'Multipart/Form-Data; charset=utf-8; Boundary="y"',
            b"preamble\r\n" + PART + b"Bonjour tout le monde\r\n--y--",
        ),
        (
            "multipart/form-data; boundary=y",
            b"--y\r\nContent-Type: text/plain\r\ncontent-disposition:form-data; name=q\r\n\r\nBonjour tout\r\n--y--",
        ),
    ],
)
def test_multipart_forms_as_clients_write_them(hello: Scripted, type: str, body: bytes) -> None:
    response = hello.http.post("/detect", content=body, headers={"content-type": type})
    assert response.json()[0]["language"] == "fr"


def test_a_query_string_is_bounded_and_not_read_beside_json(hello: Scripted) -> None:
    assert hello.http.post("/detect?q=%FF").status_code == 400
    assert hello.http.post("/detect?" + "q&" * 2000).status_code == 400
    assert hello.http.post("/detect?q=x", json={}).status_code == 400
    assert hello.http.post("/detect?q=x", content=b"x").status_code == 415


def test_a_file_is_translated_and_fetched_from_the_address_in_the_answer(german: Scripted) -> None:
    data = {"source": "auto", "target": "de", "api_key": "any"}
    text = "The dogs are here. Where is the good doctor?\n"
    answer = german.http.post("/translate_file", files={"file": ("note.txt", text.encode())}, data=data)
    assert answer.json().keys() == {"translatedFileUrl"}, answer.text
    url = answer.json()["translatedFileUrl"]
    assert url.startswith(f"{german.url}/download_file/doc-")
    file = httpx.get(url)
    assert (file.status_code, file.text) == (200, "The dögs äre here. Where is the gööd döctör?\n")
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''note.de.txt"
    assert httpx.get(url[:-1] + "x").json()["error"].startswith("id: There is no document")


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("note.txt", {"target": "xx"}, "target: "),
        ("note.txt", {"source": "xx"}, "source: "),
        ("note.exe", {}, "file: "),
    ],
)
def test_a_file_that_cannot_be_translated(german: Scripted, name: str, fields: dict[str, str], message: str) -> None:
    data = {"source": "en", "target": "de"} | fields
    answer = german.http.post("/translate_file", files={"file": (name, b"Hello.")}, data=data)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(message)


def test_fields_that_a_file_does_not_have(german: Scripted) -> None:
    data, files = {"source": "en", "target": "de"}, {"file": ("note.txt", b"Good dogs.")}
    answer = german.http.post("/translate_file", files=files, data=data | {"temperature": "2"})
    assert (answer.status_code, answer.headers["x-ignored-params"]) == (200, "temperature")
    answer = german.http.post("/translate_file", files=files, data=data | {"alternatives": "2"})
    assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (400, "alternatives")


def test_a_key_may_be_in_the_form_beside_a_file(tmp_path: Path) -> None:
    with keyed_service(tmp_path, Umlauts()) as keyed:
        data, files = {"source": "en", "target": "de"}, {"file": ("note.txt", b"Good dogs.")}
        assert keyed.service.http.post("/translate_file", files=files, data=data).status_code == 401
        data["api_key"] = keyed.secrets["translate"]
        answer = keyed.service.http.post("/translate_file", files=files, data=data)
        assert httpx.get(answer.json()["translatedFileUrl"]).text == "Gööd dögs."


def test_the_error_for_another_method_has_the_same_shape(hello: Scripted) -> None:
    response = hello.http.get("/translate")
    assert (response.status_code, response.json()) == (405, {"error": "This route takes POST only"})


def test_a_busy_service_and_a_client_that_leaves() -> None:
    engine = Umlauts(holds_at=1)
    with scripted_service(engine, max_requests=2) as service:
        with connection(service.address) as sock:
            sock.sendall(post_bytes("/translate", json.dumps(TO_GERMAN | {"q": "Go far. Run fast."}).encode()))
            assert engine.holding.wait(20)
            busy = service.http.post("/translate", json=TO_GERMAN | {"q": "Look."})
            assert (busy.status_code, type(busy.json()["error"])) == (429, str)
            assert 1 <= int(busy.headers["retry-after"]) <= 120
        assert engine.idle.wait(20)


def test_the_errors_of_a_loading_and_of_a_failing_engine() -> None:
    engine = ScriptedEngine(loads_at_once=False, fails_at=0)
    with scripted_service(engine) as service:
        early = service.http.post("/translate", json=TO_GERMAN | {"q": "x"})
        assert (early.status_code, early.json()) == (503, {"error": "the model is loading"})
        engine.may_load.set()
        assert engine.loaded.wait(20)
        failed = service.http.post("/translate", json=TO_GERMAN | {"q": "x"})
        assert (failed.status_code, failed.json()) == (500, {"error": "The service failed on this request"})


def test_a_fault_of_the_engine_is_no_error_of_the_client() -> None:
    with scripted_service(ScriptedEngine(fails_at=0)) as service:
        data, files = {"source": "en", "target": "de"}, {"file": ("note.txt", b"Good dogs.")}
        answer = service.http.post("/translate_file", files=files, data=data)
        assert (answer.status_code, answer.json()) == (500, {"error": "The service failed on this request"})
        assert not service.app.state.trivium.documents.runs
