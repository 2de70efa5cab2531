"""``/v1/translate`` and ``/v1/languages``."""

import json
from typing import Any

import pytest

from tests.api.raw_http import connection, events, post_bytes, read_until
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts

GERMAN = {"target_lang": "de", "source_lang": "en"}


def test_one_text(chinese: Scripted) -> None:
    body = {"text": "Hello to all of you.", "source_lang": "English", "target_lang": "Chinese", "output_prefix": "你好"}
    answer = chinese.http.post("/v1/translate", json=body).json()
    assert answer["id"].startswith("trans-")
    assert answer["model"] == "org/tiny"
    assert answer["translations"] == [
        {
            "index": 0,
            "text": "你好你好，世界",
            "finish_reason": "stop",
            "source_lang": "en",
            "target_lang": "zh",
            "detected": None,
            "flags": [],
            "alternatives": [],
            "glossary": {"applied": [], "missed": []},
            "segments": [
                {
                    "source": body["text"],
                    "text": "你好你好，世界",
                    "start": 0,
                    "end": 20,
                    "flags": [],
                    "score": -0.5,
                    "confidence": pytest.approx(0.8, abs=0.15),
                }
            ],
        }
    ]
    assert answer["usage"]["completion_tokens"] == 16
    assert 0 < answer["timings"]["ttft_seconds"] <= answer["timings"]["total_seconds"]
    assert chinese.engine.requests[-1].params.temperature == 0


TEXTS = ["Good cats run. Bad dogs\trun.\n\n- Some hopeless words here.", "  ", "Found it!\n"]
TRANSLATED = ["Gööd cäts rün. Bäd dögs\trün.\n\n- Some hopeless words here.", "  ", "Föünd it!\n"]


ABOUT_SEGMENTS = ("flags", "score", "confidence")


def test_a_list_of_texts_as_json_and_as_a_stream(german: Scripted) -> None:
    body = GERMAN | {"text": TEXTS}
    whole = german.http.post("/v1/translate", json=body).json()["translations"]
    assert [each["text"] for each in whole] == TRANSLATED
    assert [each["index"] for each in whole] == [0, 1, 2]
    assert [each["flags"] for each in whole] == [["copied"], [], []]
    *pieces, last = events(german.http.post("/v1/translate", json=body | {"stream": True}))
    assert [piece["index"] for piece in pieces] == sorted(piece["index"] for piece in pieces)
    for translation in whole:
        mine = [piece for piece in pieces if piece["index"] == translation["index"]]
        assert "".join(piece["text"] for piece in mine) == translation["text"]
        assert [piece["finish_reason"] for piece in mine] == [None] * (len(mine) - 1) + ["stop"]
        ends = [piece for piece in mine if "score" in piece]
        assert [piece["segment"] for piece in ends] == list(range(len(translation["segments"])))
        for end, segment in zip(ends, translation["segments"], strict=True):
            assert [end[name] for name in ABOUT_SEGMENTS] == [segment[name] for name in ABOUT_SEGMENTS]
        about = {key: value for key, value in translation.items() if key not in {"text", "segments"}}
        assert about.items() <= mine[-1].items()
    assert last["done"] is True
    assert last["usage"]["completion_tokens"] > 0


def test_all_fields_together(german: Scripted) -> None:
    body = {
        "text": '<p title="x">Good <b>{name}</b> at Acme Road.</p>\n<pre>good</pre>',
        "target_lang": "de",
        "format": "html",
        "glossary": [{"source": "Good", "target": "Brave"}],
        "do_not_translate": ["Acme Road"],
        "context": "A sign.",
        "formality": "more",
        "alternatives": 2,
    }
    [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
    assert translation["text"] == '<p title="x">Brave <b>{name}</b> ät Acme Road.</p>\n<pre>good</pre>'
    assert translation["glossary"] == {"applied": ["Good"], "missed": []}
    assert translation["flags"] == ["retried"]
    assert translation["alternatives"] == ['<p title="x">Gööd <b>{name}</b> ät Acme Road.</p>\n<pre>good</pre>']


PAGE = '<p title="Good cats">Bad <img alt=dogs data-tip="Good dogs"> run.</p><p translate="no" title="Good cats">no</p>'
KEPT = '<p translate="no" title="Good cats">no</p>'


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, '<p title="Gööd cäts">Bäd <img alt="dögs" data-tip="Good dogs"> rün.</p>'),
        ({"translate_attributes": True}, '<p title="Gööd cäts">Bäd <img alt="dögs" data-tip="Good dogs"> rün.</p>'),
        ({"translate_attributes": False}, '<p title="Good cats">Bäd <img alt=dogs data-tip="Good dogs"> rün.</p>'),
        ({"translate_attributes": []}, '<p title="Good cats">Bäd <img alt=dogs data-tip="Good dogs"> rün.</p>'),
        (
            {"translate_attributes": ["ALT", "data-tip"]},
            '<p title="Good cats">Bäd <img alt="dögs" data-tip="Gööd dögs"> rün.</p>',
        ),
    ],
)
def test_attributes_are_translated_as_the_request_says(german: Scripted, wish: dict[str, Any], expected: str) -> None:
    body = GERMAN | {"text": PAGE, "format": "html", **wish}
    [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
    assert translation["text"] == expected + KEPT
    assert all(PAGE[each["start"] : each["end"]] == each["source"] for each in translation["segments"])
    *pieces, _ = events(german.http.post("/v1/translate", json=body | {"stream": True}))
    assert "".join(piece["text"] for piece in pieces) == expected + KEPT
    assert len([piece for piece in pieces if "score" in piece]) == len(translation["segments"])


def test_attributes_in_alternatives_memories_and_texts_that_stay(german: Scripted) -> None:
    text = '<p>See <img alt="Good cats"> now. <b title="Found it!">Red</b> x.</p>'
    pairs = [{"source": "Good cats", "target": 'Die "Katzen"'}, {"source": "Found it!", "target": "Da!"}]
    body = GERMAN | {"text": text, "format": "html", "memory": pairs, "alternatives": 1, "do_not_translate": ["Red"]}
    [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
    assert '<img alt="Die &quot;Katzen&quot;">' in translation["text"]
    assert '<b title="Da!">Red</b>' in translation["text"]
    assert [each.get("origin") for each in translation["segments"]][:1] == ["memory"]
    mixed = '<p>Das Wetter ist heute sehr schön und warm. <i title="The weather is fine today">Wir gehen</i> baden.</p>'
    body = {"text": mixed, "target_lang": "de", "format": "html"}
    [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
    assert translation["text"] == mixed.replace("The weather is fine today", "The weäther is fine tödäy")


def test_a_sentence_around_a_message_is_translated_once_for_each_branch(german: Scripted) -> None:
    text = "Good! You have {n, plural, one {# good cat} other {# good cats}} at {place}. Run!"
    written = "Gööd! {n, plural, one {Yöü häve # gööd cät ät {place}.} other {Yöü häve # gööd cäts ät {place}.}} Rün!"
    memory = [{"source": "You have # good cats at {place}.", "target": "Hier: # d'{place}!"}]
    for fields, expected in (({}, written), ({"memory": memory}, written)):
        body = GERMAN | {"text": text, "alternatives": 1, **fields}
        [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
        assert translation["text"] == expected
        assert [each["source"] for each in translation["segments"]] == [
            "Good!",
            "You have # good cat at {place}.",
            "You have # good cats at {place}.",
            "Run!",
        ]
        places = [(each["start"], each["end"]) for each in translation["segments"]]
        assert places == [(0, 5), (6, 76), (6, 76), (77, 81)]
        *pieces, _ = events(german.http.post("/v1/translate", json=body | {"stream": True}))
        assert "".join(piece["text"] for piece in pieces) == expected
    memory[0]["target"] = "Hier: # Katzen in {place}."
    [translation] = german.http.post("/v1/translate", json=GERMAN | {"text": text, "memory": memory}).json()[
        "translations"
    ]
    assert translation["text"] == written.replace("Yöü häve # gööd cäts ät {place}.", "Hier: # Katzen in {place}.")


def test_a_term_of_a_glossary_in_each_branch(german: Scripted) -> None:
    text = "Red {n, plural, one {# cat} other {# cats}} ran"
    body = GERMAN | {"text": text, "glossary": [{"source": "Red", "target": "Blaue"}]}
    [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
    assert translation["text"] == "{n, plural, one {Blaue # cät rän} other {Blaue # cäts rän}}"
    assert translation["glossary"] == {"applied": ["Red"], "missed": []}


def test_a_prefix_comes_before_a_message(german: Scripted) -> None:
    body = GERMAN | {"text": "You {n, plural, other {ran}}. No.", "output_prefix": "Ja: "}
    [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
    assert translation["text"] == "Ja: {n, plural, other {Yöü rän.}} Nö."


def test_flags_and_retries_are_counted(german: Scripted) -> None:
    names = ("trivium_translation_segments_total", "trivium_translation_retries_total")
    flag = 'trivium_translation_flags_total{flag="copied"}'
    before = [german.metric(name) for name in (*names, flag)]
    german.http.post("/v1/translate", json=GERMAN | {"text": "Run far. These hopeless words stay. Run far."})
    assert [german.metric(name) for name in (*names, flag)] == [before[0] + 2, before[1] + 1, before[2] + 1]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"text": "x"}, "target_lang"),
        ({"target_lang": "en"}, "text"),
        ({"text": [], "target_lang": "en"}, "text"),
        ({"text": ["x", 5], "target_lang": "en"}, "text.1"),
        ({"text": ["x"] * 129, "target_lang": "en"}, "text"),
        ({"text": "x", "target_lang": "no language"}, "target_lang"),
        ({"text": "x", "target_lang": "en", "source_lang": "??"}, "source_lang"),
        ({"text": "x", "target_lang": "sw"}, "target_lang"),
        ({"text": "x" * 20_000, "target_lang": "en"}, "text"),
        ({"text": "x " * 300_000, "target_lang": "en"}, "text"),
        ({"text": [f"Number {i}. " * 2 for i in range(100)], "target_lang": "de", "format": "tex"}, "format"),
        ({"text": "".join(f"Word{i} is a word. " for i in range(513)), "target_lang": "de"}, "text"),
        ({"text": "<a>", "target_lang": "de", "format": "xml"}, "text"),
        ({"text": "x", "target_lang": "de", "glossary": [{"source": "x"}]}, "glossary.0.target"),
        ({"text": "x", "target_lang": "de", "glossary": [{"source": " ", "target": "x"}]}, "glossary.0.source"),
        ({"text": "x", "target_lang": "de", "glossary": [{"source": "x", "target": "y"}] * 1001}, "glossary"),
        ({"text": "x", "target_lang": "de", "do_not_translate": ["x"] * 1001}, "do_not_translate"),
        ({"text": "x", "target_lang": "de", "do_not_translate": ["x" * 501]}, "do_not_translate.0"),
        ({"text": "x", "target_lang": "de", "formality": "very"}, "formality"),
        ({"text": "x", "target_lang": "de", "quality": "best"}, "quality"),
        ({"text": "x", "target_lang": "zh", "formality": "more"}, "formality"),
        ({"text": "x", "target_lang": "de", "alternatives": 17}, "alternatives"),
        ({"text": "x", "target_lang": "de", "alternatives": -1}, "alternatives"),
        ({"text": "x", "target_lang": "de", "format": "html", "output_prefix": "Oh"}, "output_prefix"),
        ({"text": "x", "target_lang": "de", "context": "x" * 10_001}, "context"),
        ({"text": "x", "target_lang": "de", "translate_attributes": True}, "translate_attributes"),
        ({"text": "x", "target_lang": "de", "format": "xml", "translate_attributes": ["alt"]}, "translate_attributes"),
        ({"text": "x", "target_lang": "de", "translate_attributes": ["a b"]}, "translate_attributes.0"),
        ({"text": "x", "target_lang": "de", "translate_attributes": ["a"] * 101}, "translate_attributes"),
        ({"text": "x", "target_lang": "de", "translate_attributes": "alt"}, "translate_attributes"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, body: dict[str, Any], param: str) -> None:
    response = hello.http.post("/v1/translate", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_each_segment_is_a_sequence() -> None:
    engine = Umlauts(holds_at=1)
    with scripted_service(engine, max_requests=3) as service, connection(service.address) as first:
        never = service.http.post("/v1/translate", json=GERMAN | {"text": "Go far. Run fast. Look out. Call me."})
        assert (never.status_code, never.json()["error"]["code"]) == (400, "too_many_sequences")
        first.sendall(post_bytes("/v1/translate", json.dumps(GERMAN | {"text": "Go far. Run fast."}).encode()))
        assert engine.holding.wait(20)
        assert service.http.post("/v1/translate", json=GERMAN | {"text": "Go far. Run fast."}).status_code == 429
        engine.release()
        read_until(first, b"usage")
        assert service.http.post("/v1/translate", json=GERMAN | {"text": "Go far. Run fast."}).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_ends_all_sequences(stream: bool) -> None:
    engine = Umlauts(holds_at=1)
    with scripted_service(engine) as service:
        with connection(service.address) as sock:
            body = GERMAN | {"text": "Go far. Run fast.", "stream": stream}
            sock.sendall(post_bytes("/v1/translate", json.dumps(body).encode()))
            assert engine.holding.wait(20)
        assert engine.idle.wait(20)


@pytest.mark.parametrize("stream", [False, True])
def test_a_sequence_that_fails_is_reported(stream: bool) -> None:
    with scripted_service(Umlauts(fails_at=1)) as service:
        response = service.http.post("/v1/translate", json=GERMAN | {"text": "Go far. Run fast.", "stream": stream})
        assert "secret" not in response.text
        if stream:
            assert events(response)[-1]["error"]["type"] == "server_error"
        else:
            assert (response.status_code, response.json()["error"]["type"]) == (500, "server_error")


def test_languages(hello: Scripted) -> None:
    answer = hello.http.get("/v1/languages").json()
    assert answer["model"] == "org/tiny"
    known = {language["code"]: language for language in answer["languages"]}
    assert known["zh"]["name"] == "Chinese"
    assert set(known["en"]["targets"]) == set(known) - {"en"}


def test_a_stored_glossary_by_name_or_id(german: Scripted) -> None:
    entries = {"source_lang": "en", "target_lang": "de", "entries": "bill\tRechnung\ndog\tHund"}
    made = german.http.post("/v3/glossaries", json={"name": "Bills", "dictionaries": [entries]}).json()
    body = {"text": ["The bill.", "The dog is good."], "source_lang": "en", "target_lang": "de-AT"}
    for name in ("Bills", made["glossary_id"]):
        one, other = german.http.post("/v1/translate", json=body | {"glossary": name}).json()["translations"]
        assert (one["glossary"], other["glossary"]["applied"]) == ({"applied": ["bill"], "missed": []}, ["dog"])
    streamed = german.http.post("/v1/translate", json=body | {"glossary": "Bills", "stream": True})
    assert '"applied":["bill"]' in streamed.text
    refusals: list[tuple[dict[str, Any], int, str]] = [
        ({"glossary": "bills"}, 404, "glossary"),
        ({"glossary": ""}, 400, "glossary"),
        ({"glossary": "Bills", "source_lang": None}, 400, "source_lang"),
        ({"glossary": "Bills", "target_lang": "fr"}, 400, "glossary"),
        ({"glossary": "Bills", "target_lang": "en"}, 400, "target_lang"),
        ({"glossary": [{"source": "a"}]}, 400, "glossary.0.target"),
        ({"glossary": 5}, 400, "glossary"),
    ]
    for fields, status, param in refusals:
        refused = german.http.post("/v1/translate", json=body | fields)
        assert (refused.status_code, refused.json()["error"]["param"]) == (status, param)
    german.http.delete(f"/v3/glossaries/{made['glossary_id']}").raise_for_status()


TMX = """<?xml version="1.0" encoding="UTF-16"?><tmx version="1.4"><header/><body>
<tu><tuv xml:lang="en"><seg>See you.</seg></tuv><tuv xml:lang="de"><seg>Bis bald.</seg></tuv></tu></body></tmx>"""


@pytest.mark.parametrize("memory", [[{"source": "See you.", "target": "Bis bald."}], TMX])
def test_a_memory_translates_what_it_knows(german: Scripted, memory: Any) -> None:
    body = GERMAN | {"text": "Good dogs. See you.", "memory": memory}
    before = len(german.engine.requests)
    [translation] = german.http.post("/v1/translate", json=body).json()["translations"]
    assert len(german.engine.requests) == before + 1
    assert translation["text"] == "Gööd dögs. Bis bald."
    assert "origin" not in translation["segments"][0]
    assert translation["segments"][1] == {
        "source": "See you.",
        "text": "Bis bald.",
        "start": 11,
        "end": 19,
        "flags": [],
        "score": None,
        "confidence": None,
        "origin": "memory",
    }
    streamed = events(german.http.post("/v1/translate", json=body | {"stream": True}))
    assert [each["text"] for each in streamed if each.get("origin") == "memory"] == ["Bis bald."]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"memory": TMX, "source_lang": None}, "source_lang"),
        ({"memory": TMX, "source_lang": "nonsense language"}, "source_lang"),
        ({"memory": "no tmx"}, "memory"),
        ({"memory": ""}, "memory"),
        ({"memory": [{"source": "a"}]}, "memory.0.target"),
        ({"memory": [{"source": " ", "target": "b"}]}, "memory.0.source"),
        ({"memory": [{"source": "a", "target": "b"}] * 10_001}, "memory"),
        ({"memory": 5}, "memory"),
    ],
)
def test_a_wrong_memory_is_refused(hello: Scripted, fields: dict[str, Any], param: str) -> None:
    answer = hello.http.post("/v1/translate", json=GERMAN | {"text": "x"} | fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_three_hundred_sentences_stream_in_order_while_they_are_translated() -> None:
    translated = [f"Dög nümber {number} rän höme." for number in range(300)]
    # All sequences wait when those of the ten shortest sentences have ended.
    engine = Umlauts(holds_at=len(translated[0].encode()) + 1)
    with scripted_service(engine) as service:
        text = " ".join(f"Dog number {number} ran home." for number in range(300))
        seen: list[dict[str, Any]] = []
        with service.http.stream("POST", "/v1/translate", json=GERMAN | {"text": text, "stream": True}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: {"):
                    seen.append(json.loads(line.removeprefix("data: ")))
                    if "score" in seen[-1] and seen[-1]["segment"] == 9:
                        assert engine.open_streams
                        engine.release()
        assert [each["segment"] for each in seen if "score" in each] == [*range(300)]
        assert "".join(each["text"] for each in seen if "text" in each) == " ".join(translated)
        assert len(engine.requests) == 300
