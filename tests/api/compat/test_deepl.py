"""DeepL's API, with its official client and with plain HTTP."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import deepl
import pytest
from deepl.api_data import ModelType

from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts


@pytest.fixture
def client(german: Scripted) -> Iterator[deepl.Translator]:
    with closing(deepl.Translator("any", server_url=german.url)) as client:
        yield client


def test_a_text_and_a_list(client: deepl.Translator) -> None:
    one = client.translate_text("Good cats run.", source_lang="EN", target_lang="DE")
    assert isinstance(one, deepl.TextResult)
    assert (one.text, one.detected_source_lang, one.billed_characters) == ("Gööd cäts rün.", "EN", 14)
    several = client.translate_text(["The good cats run fast.", "Elle ne sait pas où est la gare."], target_lang="de")
    assert isinstance(several, list)
    assert [each.text for each in several] == ["The gööd cäts rün fäst.", "Elle ne säit päs öù est lä gäre."]
    assert [each.detected_source_lang for each in several] == ["EN", "FR"]


def test_every_supported_option(client: deepl.Translator) -> None:
    result = client.translate_text(
        "<p>Good <b>cats</b>.</p>",
        source_lang="en",
        target_lang="DE",
        context="About animals.",
        split_sentences=deepl.SplitSentences.NO_NEWLINES,
        preserve_formatting=True,
        formality=deepl.Formality.PREFER_LESS,
        tag_handling="html",
        tag_handling_version="v2",
        outline_detection=True,
        model_type=ModelType.PREFER_QUALITY_OPTIMIZED,
    )
    assert isinstance(result, deepl.TextResult)
    assert (result.text, result.model_type_used) == ("<p>bööd <b>cäts</b>.</p>", "quality_optimized")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [("quality_optimized", "bööd."), ("prefer_quality_optimized", "bööd."), ("latency_optimized", "Gööd.")],
)
def test_every_type_of_model_is_the_one_model(client: deepl.Translator, wanted: str, text: str) -> None:
    """The scripted model finds a b likelier than the letter that it writes, so its likeliest text begins with one."""
    result = client.translate_text("Good.", source_lang="en", target_lang="de", model_type=wanted)
    assert isinstance(result, deepl.TextResult)
    assert (result.text, result.model_type_used) == (text, wanted.removeprefix("prefer_"))


@pytest.mark.parametrize(("wanted", "decodings"), [("quality_optimized", 7), ("latency_optimized", 1), (None, 1)])
def test_quality_is_bought_with_branches(
    german: Scripted, client: deepl.Translator, wanted: str | None, decodings: int
) -> None:
    before = len(german.engine.requests)
    client.translate_text("Good.", source_lang="en", target_lang="de", model_type=wanted)
    assert len(german.engine.requests) - before == decodings


@pytest.mark.parametrize(
    ("kind", "source", "translated"),
    [
        ("xml", "<a>Good <x>cats</x> run.</a>", "<a>Gööd <x>cats</x> rün.</a>"),
        ("xml", "<a><x>Good cats.</x><b>Good dogs.</b></a>", "<a><x>Good cats.</x><b>Gööd dögs.</b></a>"),
        ("xml", "<a>Good <X>cats</X> run.</a>", "<a>Gööd <X>cäts</X> rün.</a>"),
        ("html", "<p>Good <X>cats</X> run.</p><y>Good dogs.</y>", "<p>Gööd <X>cats</X> rün.</p><y>Good dogs.</y>"),
    ],
)
def test_what_ignored_tags_hold_is_not_translated(
    client: deepl.Translator, kind: str, source: str, translated: str
) -> None:
    result = client.translate_text(
        source, source_lang="en", target_lang="de", tag_handling=kind, ignore_tags=["x,y", "z"]
    )
    assert isinstance(result, deepl.TextResult)
    assert result.text == translated


@pytest.mark.parametrize(
    ("kind", "source", "options", "sequences"),
    [
        ("xml", "<d><p>Cats run </p><p>and dogs run.</p></d>", {}, 2),
        ("xml", "<d><p>Cats run </p><p>and dogs run.</p></d>", {"non_splitting_tags": "p"}, 1),
        ("xml", "<d><p>Cats run </p><p>and dogs run.</p></d>", {"outline_detection": False}, 1),
        ("xml", "<d>Cats run <p>and</p> dogs run.</d>", {}, 1),
        ("xml", "<d>Cats run <p>and</p> dogs run.</d>", {"splitting_tags": ["p"]}, 3),
        ("xml", "<d><t>Cats</t><p>Dogs</p></d>", {"outline_detection": False, "splitting_tags": ["t"]}, 2),
        ("html", "<p>Cats run </p><p>and dogs run.</p>", {}, 2),
        ("html", "<p>Cats run </p><p>and dogs run.</p>", {"non_splitting_tags": "P"}, 1),
        ("html", "Cats run <i>and</i> dogs run.", {"splitting_tags": "i"}, 3),
    ],
)
def test_tags_split_sentences_as_the_client_says(
    german: Scripted, client: deepl.Translator, kind: str, source: str, options: dict[str, Any], sequences: int
) -> None:
    before = len(german.engine.requests)
    result = client.translate_text(source, source_lang="en", target_lang="de", tag_handling=kind, **options)
    assert isinstance(result, deepl.TextResult)
    assert result.text == source.translate(str.maketrans("aou", "äöü"))
    assert len(german.engine.requests) - before == sequences


def test_line_breaks_in_markup_never_split(german: Scripted) -> None:
    body = {"text": ["<a>Good\ncats.</a>"], "source_lang": "EN", "target_lang": "DE", "tag_handling": "xml"}
    answer = german.http.post("/v2/translate", json=body | {"split_sentences": "nonewlines"}).json()
    assert answer["translations"] == [
        {"detected_source_language": "EN", "text": "<a>Gööd cäts.</a>", "tag_handling_version": "v2"}
    ]


@pytest.mark.parametrize(("split", "sequences"), [("0", 1), ("1", 2), ("nonewlines", 2), (None, 2)])
def test_splitting(german: Scripted, client: deepl.Translator, split: str | None, sequences: int) -> None:
    before = len(german.engine.requests)
    client.translate_text("Cats run. Dogs run.", source_lang="en", target_lang="de", split_sentences=split)
    assert len(german.engine.requests) - before == sequences


def test_context_and_formality_reach_the_model(german: Scripted, client: deepl.Translator) -> None:
    client.translate_text("Look.", source_lang="en", target_lang="de", context="At sea.", formality="more")
    prompt = german.engine.tokenizer.decode(german.engine.requests[-1].prompt)
    assert "At sea." in prompt
    assert "formally (Sie)" in prompt


def test_languages(client: deepl.Translator) -> None:
    assert {"EN": "English", "ZH": "Chinese"}.items() <= {
        each.code: each.name for each in client.get_source_languages()
    }.items()
    formal = {each.code: each.supports_formality for each in client.get_target_languages()}
    assert {"EN-US": False, "EN-GB": False, "PT-BR": True, "ZH-HANS": False, "ZH-HANT": False, "DE": True}.items() <= (
        formal.items()
    )


def test_a_language_of_the_list_can_be_translated_to(client: deepl.Translator) -> None:
    for language in client.get_target_languages():
        result = client.translate_text("123", source_lang="uk", target_lang=language)
        assert isinstance(result, deepl.TextResult)
        assert result.text == "123"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_type_of_languages_is_taken_from_the_query_too(hello: Scripted, method: str) -> None:
    targets = hello.http.request(method, "/v2/languages?type=target").json()
    assert {"language": "DE", "name": "German", "supports_formality": True} in targets
    refused = hello.http.request(method, "/v2/languages?type=both")
    assert (refused.status_code, set(refused.json())) == (400, {"message"})


def test_usage_counts_characters() -> None:
    with scripted_service(Umlauts()) as service, closing(deepl.Translator("any", server_url=service.url)) as client:
        client.translate_text(["Good", "cats"], source_lang="en", target_lang="de")
        usage = client.get_usage()
        assert usage.character.count == 8
        assert not usage.any_limit_reached


def test_a_form(german: Scripted) -> None:
    form: dict[str, Any] = {"text": ["Good.", "Run."], "source_lang": "EN", "target_lang": "DE", "ignore_tags": ""}
    form |= {"preserve_formatting": "1", "outline_detection": "1", "enable_beta_languages": "1"}
    answer = german.http.post("/v2/translate", data=form).json()
    assert answer == {
        "translations": [
            {"detected_source_language": "EN", "text": "Gööd."},
            {"detected_source_language": "EN", "text": "Rün."},
        ]
    }


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"text": []}, "text"),
        ({"text": ["x"] * 129}, "text"),
        ({"target_lang": None}, "target_lang"),
        ({"target_lang": "XX"}, "target_lang"),
        ({"source_lang": "SW"}, "source_lang"),
        ({"text": ["a\nb"], "split_sentences": "nonewlines"}, "split_sentences"),
        ({"split_sentences": "2"}, "split_sentences"),
        ({"formality": "rude"}, "formality"),
        ({"target_lang": "ZH", "formality": "more"}, "formality"),
        ({"tag_handling": "tex"}, "tag_handling"),
        ({"tag_handling": "xml", "text": ["<a>"]}, "text"),
        ({"tag_handling_version": "v1"}, "tag_handling_version"),
        ({"outline_detection": False}, "outline_detection"),
        ({"ignore_tags": [""] * 3 + ["x" * 201], "tag_handling": "xml"}, "ignore_tags.0"),
        ({"splitting_tags": ["p"]}, "splitting_tags"),
        ({"non_splitting_tags": ["p"]}, "non_splitting_tags"),
        ({"ignore_tags": ["p"]}, "ignore_tags"),
        ({"model_type": "best"}, "model_type"),
        ({"glossary_id": ""}, "glossary_id"),
        ({"glossary_ids": "1,2,3,4,5,6"}, "glossary_ids"),
        ({"style_id": "5"}, "style_id"),
        ({"custom_instructions": ["Shout."]}, "custom_instructions"),
        ({"translation_memory_id": "5"}, "translation_memory_id"),
        ({"translation_memory_threshold": 80}, "translation_memory_threshold"),
        ({"context": "x" * 10_001}, "context"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, fields: dict[str, Any], blamed: str) -> None:
    body = {"text": ["x"], "source_lang": "EN", "target_lang": "DE"} | fields
    response = hello.http.post("/v2/translate", json=body)
    assert (response.status_code, set(response.json())) == (400, {"message"})
    assert response.json()["message"].startswith(f"{blamed}: ")


def test_the_official_client_shows_the_error_message(client: deepl.Translator) -> None:
    with pytest.raises(deepl.DeepLException, match="Bad request, message: ignore_tags: there are no tags without"):
        client.translate_text("x", target_lang="DE", ignore_tags="x")


def test_a_body_over_its_limit(hello: Scripted) -> None:
    response = hello.http.post("/v2/translate", json={"text": ["x" * (128 << 10)], "target_lang": "DE"})
    assert (response.status_code, response.json()) == (413, {"message": "The body is larger than 131072 bytes"})


def test_a_document_in_three_steps(client: deepl.Translator, tmp_path: Path) -> None:
    source, target = tmp_path / "note.txt", tmp_path / "note.de.txt"
    source.write_text("Good dogs run.\n\nGood dogs run. The cats are fat.\n")
    before = client.get_usage().character.count or 0
    status = client.translate_document_from_filepath(source, target, target_lang="DE", source_lang="EN")
    assert target.read_text() == "Gööd dögs rün.\n\nGööd dögs rün. The cäts äre fät.\n"
    assert (status.done, status.billed_characters) == (True, len(source.read_text()))
    assert client.get_usage().character.count == before + len(source.read_text())


def test_a_document_needs_its_key(german: Scripted, client: deepl.Translator) -> None:
    handle = client.translate_document_upload("Good dogs.", filename="a.md", target_lang="DE", formality="prefer_more")
    for end in ("", "/result"):
        path = f"/v2/document/{handle.document_id}{end}"
        assert german.http.post(path, json={"document_key": "x"}).status_code == 404
        assert german.http.post(path, json={}).json()["message"].startswith("document_key")
        assert german.http.post(path, data={"document_key": handle.document_key}).status_code in (200, 503)


def test_a_document_that_cannot_be_translated(client: deepl.Translator) -> None:
    for message, fields in (
        ("output_format", {"output_format": "docx"}),
        ("source_lang", {"extra_body_parameters": {"glossary_id": "x"}}),
        ("glossary_id", {"glossary": "x", "source_lang": "EN"}),
        ("style_id", {"extra_body_parameters": {"style_id": "x"}}),
        ("file", {"filename": "a.exe"}),
    ):
        with pytest.raises(deepl.DeepLException, match=message):
            client.translate_document_upload("Good.", target_lang="DE", **{"filename": "a.txt"} | fields)


def test_fields_that_a_document_does_not_have(german: Scripted) -> None:
    data, files = {"target_lang": "DE"}, {"file": ("a.txt", b"Good dogs.")}
    answer = german.http.post("/v2/document", files=files, data=data | {"temperature": "2"})
    assert (answer.status_code, answer.headers["x-ignored-params"]) == (200, "temperature")
    answer = german.http.post("/v2/document", files=files, data=data | {"enable_document_minification": "true"})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("enable_document_minification: ")


def test_a_document_that_fails_tells_why() -> None:
    with (
        scripted_service(Umlauts(fails_at=0)) as service,
        closing(deepl.Translator("any", server_url=service.url)) as c,
    ):
        handle = c.translate_document_upload("Good dogs.", filename="a.txt", target_lang="DE", source_lang="EN")
        status = c.translate_document_wait_until_done(handle)
        assert (status.ok, status.error_message) == (False, "The service failed on this request")


def test_a_result_that_is_not_ready() -> None:
    engine = Umlauts(holds_at=1)
    with scripted_service(engine) as service, closing(deepl.Translator("any", server_url=service.url)) as c:
        handle = c.translate_document_upload("Good dogs.", filename="a.txt", target_lang="DE", source_lang="EN")
        assert engine.holding.wait(20)
        assert c.translate_document_get_status(handle).status is deepl.DocumentStatus.Status.TRANSLATING
        body = {"document_key": handle.document_key}
        assert service.http.post(f"/v2/document/{handle.document_id}/result", json=body).status_code == 503
