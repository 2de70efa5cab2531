"""``/v1/translate/document``: files through the real service, over a scripted engine."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.keyed import keyed_service
from tests.api.raw_http import connection, post_bytes
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts
from tests.fakes.engine import ScriptedEngine
from tests.keys.making import bearer

PATH = "/v1/translate/document"
TEXT = b"The doctor is here.\n\nShe found a coat. The doctor is here.\n"
GERMAN = "The döctör is here.\n\nShe föünd ä cöät. The döctör is here.\n"
TO_GERMAN = {"target_lang": "de", "source_lang": "en"}


def upload(http: httpx.Client, data: bytes = TEXT, name: str = "a.txt", **fields: Any) -> httpx.Response:
    """The answer to a file. ``headers`` are those of the request."""
    headers = fields.pop("headers", None)
    return http.post(PATH, files={"file": (name, data)}, data=TO_GERMAN | fields, headers=headers)


def events(http: httpx.Client, id: str) -> list[dict[str, Any]]:
    """All events of a document, until its end."""
    with http.stream("GET", f"{PATH}/{id}/events") as stream:
        blocks = stream.read().decode().split("\n\n")
    assert blocks[-2:] == ["data: [DONE]", ""]
    return [json.loads(block.removeprefix("data: ")) for block in blocks[:-2] if not block.startswith(":")]


def ended(http: httpx.Client, id: str) -> dict[str, Any]:
    """The document when it has ended."""
    return events(http, id)[-1]


def test_a_file_is_translated_in_the_background(german: Scripted) -> None:
    made = upload(german.http)
    document = made.json()
    assert (made.status_code, document["object"], document["filename"]) == (202, "document", "a.txt")
    assert (document["billed_characters"], document["format"]) == (0, "text")
    seen = events(german.http, document["id"])
    assert [each["status"] for each in seen][-1] == "done"
    assert [each["segments"]["done"] for each in seen] == sorted(each["segments"]["done"] for each in seen)
    # The sentence that occurs twice is one segment.
    assert seen[-1]["segments"] == {"total": 2, "done": 2}
    assert seen[-1]["billed_characters"] == len(TEXT)
    assert seen[-1]["usage"]["completion_tokens"] > 0
    assert seen[-1] == german.http.get(f"{PATH}/{document['id']}").json()
    result = german.http.get(f"{PATH}/{document['id']}/result")
    assert result.text == GERMAN
    assert result.headers["content-type"] == "text/plain; charset=utf-8"
    assert result.headers["content-disposition"] == "attachment; filename*=UTF-8''a.de.txt"
    assert seen[-1]["expires_at"] - seen[-1]["ended_at"] == 24 * 3600


def test_a_client_may_wait_for_the_file(german: Scripted) -> None:
    response = upload(german.http, name="ü b.md", wait=20)
    assert (response.status_code, response.text) == (200, GERMAN)
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%BC%20b.de.md"
    assert german.http.get(f"{PATH}/{response.headers['x-document-id']}").json()["status"] == "done"


def test_subtitles_may_be_in_another_encoding(german: Scripted) -> None:
    subtitle = "1\n00:00:01,000 --> 00:00:02,000\nПривет. Good dogs.\n"
    answer = upload(german.http, subtitle.encode("cp866"), "a.srt", encoding="IBM866", wait=20)
    assert answer.content.decode("utf-8-sig") == subtitle.replace("Good dogs", "Gööd dögs")
    document = german.http.get(f"{PATH}/{answer.headers['x-document-id']}").json()
    assert document["encoding"] == "utf-8"
    latin = "1\n00:00:01,000 --> 00:00:02,000\nGood café.\n"
    answer = upload(german.http, latin.encode("cp1252"), "a.srt", wait=20)
    assert answer.content == latin.replace("Good caf", "Gööd cäf").encode("cp1252")
    assert german.http.get(f"{PATH}/{answer.headers['x-document-id']}").json()["encoding"] is None


def test_doubts_are_counted(german: Scripted) -> None:
    text = b"This is hopeless. The cat is hopeless too.\n\nThe dog found a bone."
    document = ended(german.http, upload(german.http, text).json()["id"])
    assert document["flags"]["copied"] == 2
    assert german.metric('trivium_document_segments_total{outcome="flagged"}') >= 2
    assert german.metric('trivium_documents_total{status="done"}') >= 1


def test_fields_mean_what_they_mean_for_texts(german: Scripted) -> None:
    terms = json.dumps([{"source": "coat", "target": "Mantel"}])
    response = upload(german.http, b"A coat for Acme Road.", glossary=terms, do_not_translate="Acme Road", wait=20)
    assert response.text == "A Mantel för Acme Road."
    entries = {"source_lang": "en", "target_lang": "de", "entries": "coat\tMantel"}
    german.http.post("/v3/glossaries", json={"name": "Wear", "dictionaries": [entries]}).raise_for_status()
    assert upload(german.http, b"Look at her coat.", glossary="Wear", wait=20).text == "Löök ät her Mantel."
    refused = german.http.post(PATH, files={"file": ("a.txt", TEXT)}, data={"target_lang": "de", "glossary": "Wear"})
    assert refused.json()["error"]["param"] == "source_lang"
    pairs = json.dumps([{"source": "See you.", "target": "Bis bald."}])
    assert upload(german.http, b"Look at that. See you.", memory=pairs, wait=20).text == "Löök ät thät. Bis bald."
    response = upload(
        german.http, b"Look at that.", context="A note of a nurse.", formality="more", quality="high", wait=20
    )
    assert response.status_code == 200
    prompt = german.engine.tokenizer.decode(german.engine.requests[-1].prompt)
    assert "A note of a nurse." in prompt
    assert [len(request.generated) > 0 for request in german.engine.requests[-7:]] == [False] + [True] * 6


def test_sampling_fields_mean_what_they_mean_for_texts(german: Scripted) -> None:
    fields = {"temperature": 0.5, "top_p": 0.9, "top_k": 7, "min_p": 0.1, "repetition_penalty": 1.5, "seed": 3}
    fields |= {"presence_penalty": 0.5, "frequency_penalty": 0.25, "min_tokens": 1, "max_new_tokens": 30}
    lists = {"stop": ["q", "%"], "stop_token_ids": [5, 6]}
    alone = {"ignore_eos": True, "cache_salt": "s", "logit_bias": {"40": 1.5}}
    body = {"text": "Look at that.", "target_lang": "de", "source_lang": "en", **fields, **lists, **alone}
    german.http.post("/v1/translate", json=body).raise_for_status()
    text = german.engine.requests[-1]
    in_form: dict[str, Any] = {
        **fields,
        **lists,
        "ignore_eos": "true",
        "cache_salt": "s",
        "logit_bias": json.dumps({"40": 1.5}),
    }
    upload(german.http, b"Look at that.", wait=20, **in_form).raise_for_status()
    document = german.engine.requests[-1]
    assert document.params.logit_bias == {40: 1.5}
    assert (document.params, document.prompt, document.cache_salt) == (text.params, text.prompt, text.cache_salt)
    assert (document.priority, text.priority) == (1000, 0)


def test_a_length_that_does_not_fit_into_the_context_is_the_most_that_does(german: Scripted) -> None:
    assert upload(german.http, max_tokens=1 << 20, wait=20).text == GERMAN
    # Two tokens are the beginning of a word.
    document = ended(german.http, upload(german.http, b"Look at that.", max_length=2).json()["id"])
    assert (document["usage"]["completion_tokens"], document["flags"]["truncated"]) == (2, 1)


def test_formats_of_people(german: Scripted) -> None:
    table = b"key,en\r\nlook,Look at that\r\n"
    assert (
        upload(german.http, table, "a.csv", columns="en", wait=20).content == "key,en\r\nlook,Löök ät thät\r\n".encode()
    )
    subtitle = b"1\n00:00:01,000 --> 00:00:02,000\nGood dogs.\n\n"
    answer = upload(german.http, subtitle, "a.srt", wait=20)
    assert answer.content == subtitle.replace(b"Good dogs", "Gööd dögs".encode())
    assert answer.headers["content-type"].startswith("application/x-subrip")
    # The same message with another comment may mean something else.
    catalogue = b'#. A verb.\nmsgid "Book"\nmsgstr ""\n\n#. A noun.\nmsgctxt "noun"\nmsgid "Book"\nmsgstr ""\n'
    answer = upload(german.http, catalogue, "a.po", wait=20)
    prompts = [german.engine.tokenizer.decode(each.prompt) for each in german.engine.requests]
    assert [word for word in ("A verb.", "A noun.") if any(word in prompt for prompt in prompts)] == [
        "A verb.",
        "A noun.",
    ]
    assert answer.text.count("Böök") == 2


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"target_lang": "xx"}, 400, "target_lang"),
        ({"source_lang": "xx"}, 400, "source_lang"),
        ({"format": "xx"}, 400, "file"),
        ({"name": "a.exe"}, 400, "file"),
        ({"name": "n" * 300 + ".txt"}, 400, "file"),
        ({"data": b"\xff"}, 400, "file"),
        ({"data": b"x" * 2000}, 413, "file"),
        ({"data": b"x" * 600}, 400, "file"),
        ({"formality": "more", "target_lang": "en"}, 400, "formality"),
        ({"glossary": "[{"}, 404, "glossary"),
        ({"glossary": "[{}]"}, 400, "glossary.0.source"),
        ({"glossary": json.dumps([{"source": "a", "target": "b"}] * 4)}, 400, "glossary"),
        ({"do_not_translate": ["a", "b", "c", "d"]}, 400, "do_not_translate"),
        ({"wait": "-1"}, 400, "wait"),
        ({"encoding": "xx", "name": "a.srt"}, 400, "encoding"),
        ({"encoding": "punycode", "name": "a.srt"}, 400, "encoding"),
        ({"encoding": "cp1251"}, 400, "encoding"),
        ({"model": "another"}, 404, "model"),
        ({"logprobs": "1"}, 400, "logprobs"),
        ({"temperature": "hot"}, 400, "temperature"),
        ({"seed": "1.5"}, 400, "seed"),
        ({"logit_bias": "{"}, 400, "logit_bias"),
        ({"max_tokens": "1", "max_length": "2"}, 400, "max_tokens"),
        ({"priority": "0"}, 400, "priority"),
        ({"stream": "true"}, 400, "stream"),
        ({"output_prefix": "Sehr"}, 400, "output_prefix"),
        ({"alternatives": "1"}, 400, "alternatives"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    limited: Scripted, fields: dict[str, Any], status: int, param: str
) -> None:
    response = upload(limited.http, **fields)
    assert (response.status_code, response.json()["error"]["param"]) == (status, param), response.text


@pytest.fixture(scope="module")
def limited() -> Iterator[Scripted]:
    limits: dict[str, Any] = {
        "max_document_bytes": 1024,
        "max_document_characters": 500,
        "max_terms": 3,
        "max_document_jobs": 2,
    }
    with scripted_service(Umlauts(), **limits) as service:
        yield service


def test_forms_without_one_file_are_refused(limited: Scripted) -> None:
    http = limited.http
    file = ("a.txt", b"x")
    assert http.post(PATH, json=TO_GERMAN).status_code == 415
    for files in ({"other": file}, [("file", file), ("file", file)]):
        assert http.post(PATH, files=files, data=TO_GERMAN).json()["error"]["param"] == "file"
    assert http.post(PATH, data=TO_GERMAN | {"file": "x"}, files={"x": ("", b"")}).status_code == 400
    assert http.post(PATH, files={"file": file}).json()["error"]["param"] == "target_lang"


def test_a_key_has_a_limit_of_documents(limited: Scripted) -> None:
    ids = [upload(limited.http).json()["id"] for _ in range(2)]
    refused = upload(limited.http)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "file")
    for id in ids:
        assert limited.http.delete(f"{PATH}/{id}").json() == {"id": id, "object": "document", "deleted": True}
        assert limited.http.get(f"{PATH}/{id}").status_code == 404
    upload(limited.http, wait=20).raise_for_status()


def test_what_a_client_wants_is_stored_until_the_document_has_ended() -> None:
    memory = json.dumps([{"source": "See you." + " " * 3000, "target": "Bis bald."}])
    with scripted_service(Umlauts(), max_document_storage=4096) as service:
        for _ in range(3):
            assert upload(service.http, memory=memory, wait=20).text == GERMAN
        larger = json.dumps(json.loads(memory) * 2)
        refused = upload(service.http, memory=larger)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "file")


def test_a_document_that_is_deleted_frees_the_engine() -> None:
    engine = Umlauts(holds_at=1)
    with scripted_service(engine) as service:
        id = upload(service.http).json()["id"]
        assert engine.holding.wait(20)
        assert service.http.get(f"{PATH}/{id}/result").status_code == 409
        seen: list[list[dict[str, Any]]] = []
        follower = threading.Thread(target=lambda: seen.append(events(service.http, id)))
        follower.start()
        assert service.http.delete(f"{PATH}/{id}").status_code == 200
        assert engine.idle.wait(20)
        follower.join(20)
        assert service.http.get(f"{PATH}/{id}").status_code == 404
        assert not service.app.state.trivium.documents.runs


def test_a_client_that_waits_and_leaves_frees_the_engine() -> None:
    engine = Umlauts(holds_at=1)
    with scripted_service(engine) as service:
        fields = TO_GERMAN | {"wait": "600"}
        request = service.http.build_request("POST", PATH, files={"file": ("a.txt", TEXT)}, data=fields)
        body = request.read()
        head = f"POST {PATH} HTTP/1.1\r\nhost: test\r\ncontent-type: {request.headers['content-type']}\r\n"
        with connection(service.address) as sock:
            sock.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            assert engine.holding.wait(20)
        assert engine.idle.wait(20)


def test_a_document_belongs_to_its_key(tmp_path: Path) -> None:
    with keyed_service(tmp_path, Umlauts()) as keyed:
        http, other = keyed.service.http, keyed.secrets["admin"]
        mine = bearer(keyed.secrets["translate"])
        id = upload(http, wait=20, headers=mine).headers["x-document-id"]
        for end in ("", "/events", "/result"):
            assert http.get(f"{PATH}/{id}{end}", headers=bearer(other)).status_code == 404
            assert http.get(f"{PATH}/{id}{end}", headers=mine).status_code == 200
        assert http.delete(f"{PATH}/{id}", headers=bearer(other)).status_code == 404
        assert http.delete(f"{PATH}/{id}", headers=mine).status_code == 200


def test_documents_are_deleted_when_their_time_is_over() -> None:
    now = [1000.0]
    with scripted_service(Umlauts(), clock=lambda: now[0], document_lifetime=60) as service:
        id = upload(service.http, wait=20).headers["x-document-id"]
        now[0] = 1059.0
        assert service.http.get(f"{PATH}/{id}/result").text == GERMAN
        now[0] = 1060.0
        assert service.http.get(f"{PATH}/{id}/result").status_code == 404


def test_a_window_has_as_many_sequences_with_branches_as_without() -> None:
    engine = Stopping()
    engine.most = 5 * 7  # of the first window
    with scripted_service(engine) as service:
        text = "\n".join(f"Number {number} came along." for number in range(40))
        id = upload(service.http, text.encode(), quality="high").json()["id"]
        assert engine.holding.wait(20)
        assert service.http.get(f"{PATH}/{id}").json()["segments"]["done"] == 5
        assert len(engine.requests) == 5 * 7 + 5  # in the second window
        service.http.delete(f"{PATH}/{id}").raise_for_status()


def test_a_document_continues_after_a_restart(tmp_path: Path) -> None:
    sentences = [f"Number {number} came along." for number in range(40)]
    engine = Stopping()
    with scripted_service(engine, documents_dir=tmp_path) as service:
        id = upload(service.http, "\n".join(sentences).encode()).json()["id"]
        assert engine.holding.wait(20)  # in the second window
        assert service.http.get(f"{PATH}/{id}").json()["segments"] == {"total": 40, "done": 32}
    with scripted_service(again := Umlauts(), documents_dir=tmp_path) as service:
        assert ended(service.http, id)["segments"] == {"total": 40, "done": 40}
        assert service.http.get(f"{PATH}/{id}/result").text == "\n".join(
            f"Nümber {number} cäme älöng." for number in range(40)
        )
        assert len(again.requests) == 8


class Stopping(Umlauts):
    """Holds as soon as there are more than ``most`` requests."""

    most = 32

    async def before_output(self, position: int) -> None:
        if len(self.requests) > self.most:
            self.holding.set()
            await self.go.wait()


def test_a_window_that_no_room_is_left_for_is_tried_again() -> None:
    engine = Umlauts(holds_at=1)
    with scripted_service(engine, max_requests=2) as service:
        with connection(service.address) as sock:
            body = {"text": ["Go far.", "Run fast."], "target_lang": "de", "source_lang": "en"}
            sock.sendall(post_bytes("/v1/translate", json.dumps(body).encode()))
            assert engine.holding.wait(20)
            id = upload(service.http, b"Look at that.").json()["id"]
            assert service.http.get(f"{PATH}/{id}").json()["status"] in ("queued", "translating")
        engine.holds_at = None
        engine.release()
        assert ended(service.http, id)["status"] == "done"


def test_a_fault_of_the_engine_fails_the_document() -> None:
    with scripted_service(ScriptedEngine(fails_at=0)) as service:
        document = ended(service.http, upload(service.http).json()["id"])
        assert (document["status"], document["billed_characters"]) == ("failed", 0)
        assert document["problem"]["message"] == "The service failed on this request"
        assert service.http.get(f"{PATH}/{document['id']}/result").status_code == 409
        assert service.metric('trivium_documents_total{status="failed"}') == 1


def test_a_sentence_that_the_model_cannot_take_stays_as_it_is() -> None:
    with scripted_service(Umlauts(max_model_len=1200)) as service:
        text = "The cat sat. " + "a very long story " * 200 + ". The dog ran."
        document = ended(service.http, upload(service.http, text.encode()).json()["id"])
        assert document["status"] == "done"
        assert document["flags"]["untranslated"] >= 1
        result = service.http.get(f"{PATH}/{document['id']}/result").text
        assert result.startswith("The cät sät. ")
        assert result.endswith("The dög rän.")
        assert "a very long story" in result
