"""DeepL's glossaries, with its official client: versions 2 and 3, and translations with them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import deepl
import pytest
from deepl.api_data import MultilingualGlossaryDictionaryEntries as Entries
from deepl.exceptions import GlossaryNotFoundException

from tests.api.keyed import keyed_service
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts

UNKNOWN = "def3a26b-3e84-45b3-84ae-0c0aaf3525f7"


@pytest.fixture(scope="module")
def service() -> Iterator[Scripted]:
    with scripted_service(Umlauts(), max_glossary_entries=100) as service:
        yield service


@pytest.fixture
def client(service: Scripted) -> Iterator[deepl.DeepLClient]:
    with closing(deepl.DeepLClient("any", server_url=service.url)) as client:
        yield client
        for glossary in client.list_multilingual_glossaries():
            client.delete_multilingual_glossary(glossary)


def test_a_glossary_of_version_2(client: deepl.DeepLClient) -> None:
    made = client.create_glossary("Bills", "EN", "DE", {"bill": "Rechnung", "dog": "Hund"})
    assert (made.name, made.ready, made.source_lang, made.target_lang, made.entry_count) == (
        "Bills",
        True,
        "EN",
        "DE",
        2,
    )
    assert abs((datetime.now(UTC) - made.creation_time).total_seconds()) < 60
    assert client.get_glossary(made.glossary_id).name == "Bills"
    assert [each.glossary_id for each in client.list_glossaries()] == [made.glossary_id]
    assert client.get_glossary_entries(made) == {"bill": "Rechnung", "dog": "Hund"}
    client.delete_glossary(made)
    assert client.list_glossaries() == []
    for call in (client.get_glossary, client.get_glossary_entries, client.delete_glossary):
        with pytest.raises(GlossaryNotFoundException):
            call(made.glossary_id)


def test_a_glossary_from_csv_and_from_a_form(service: Scripted, client: deepl.DeepLClient) -> None:
    made = client.create_glossary_from_csv("Bills", "EN-GB", "PT-BR", '"a, b",c,en,pt\nd,"e ""f"""')
    assert client.get_glossary_entries(made) == {"a, b": "c", "d": 'e "f"'}
    form = {"name": "Form", "source_lang": "de", "target_lang": "en", "entries": "Hund\tdog"}
    answer = service.http.post("/v2/glossaries", data=form)
    assert answer.status_code == 201
    assert answer.json() | {"glossary_id": "", "creation_time": ""} == {
        "glossary_id": "",
        "name": "Form",
        "ready": True,
        "source_lang": "de",
        "target_lang": "en",
        "creation_time": "",
        "entry_count": 1,
    }


def test_the_pairs_of_languages(client: deepl.DeepLClient) -> None:
    pairs = {(each.source_lang, each.target_lang) for each in client.get_glossary_languages()}
    assert {("en", "de"), ("zh", "en")} <= pairs
    assert not [pair for pair in pairs if pair[0] == pair[1]]


def test_a_glossary_of_several_pairs(client: deepl.DeepLClient) -> None:
    entries = [Entries("EN", "DE", {"bill": "Rechnung"}), Entries("DE", "EN-US", {"Rechnung": "bill"})]
    made = client.create_multilingual_glossary("Bills", entries)
    assert [(each.source_lang, each.target_lang, each.entry_count) for each in made.dictionaries] == [
        ("EN", "DE", 1),
        ("DE", "EN", 1),
    ]
    assert client.list_glossaries() == []  # version 2 knows those with one pair
    with pytest.raises(GlossaryNotFoundException, match="use /v3/glossaries"):
        client.delete_glossary(made.glossary_id)
    assert client.get_multilingual_glossary(made.glossary_id).name == "Bills"
    [shown] = client.get_multilingual_glossary_entries(made, "EN", "DE").dictionaries
    assert (shown.source_lang, shown.target_lang, shown.entries) == ("en", "de", "bill\tRechnung")

    merged = client.update_multilingual_glossary_dictionary(made, Entries("EN", "DE", {"dog": "Hund"}))
    assert merged.dictionaries[0].entry_count == 2
    replaced = client.replace_multilingual_glossary_dictionary(made, Entries("EN", "DE", {"cat": "Katze"}))
    assert (replaced.source_lang, replaced.entry_count) == ("EN", 1)
    client.update_multilingual_glossary_dictionary_from_csv(made, "EN", "FR", "cat,chat")
    assert client.update_multilingual_glossary_name(made, "Animals").name == "Animals"
    client.delete_multilingual_glossary_dictionary(made, source_lang="DE", target_lang="EN")
    [found] = client.list_multilingual_glossaries()
    assert found.name == "Animals"
    assert [(each.source_lang, each.target_lang) for each in found.dictionaries] == [("EN", "DE"), ("EN", "FR")]
    client.delete_multilingual_glossary(made)
    calls: list[Callable[[], Any]] = [
        lambda: client.get_multilingual_glossary(made.glossary_id),
        lambda: client.get_multilingual_glossary_entries(made, "EN", "DE"),
        lambda: client.update_multilingual_glossary_name(made, "x"),
        lambda: client.update_multilingual_glossary_dictionary(made, entries[0]),
        lambda: client.replace_multilingual_glossary_dictionary(made, entries[0]),
        lambda: client.delete_multilingual_glossary_dictionary(made, source_lang="EN", target_lang="DE"),
        lambda: client.delete_multilingual_glossary(made),
    ]
    for call in calls:
        with pytest.raises(GlossaryNotFoundException):
            call()


def test_a_translation_uses_the_terms_that_occur(service: Scripted, client: deepl.DeepLClient) -> None:
    made = client.create_glossary("Bills", "EN", "DE", {"bill": "Rechnung", "dog": "Hund", "a bill of": "Liste"})
    result = client.translate_text("The bill is mine.", source_lang="EN", target_lang="DE", glossary=made)
    assert isinstance(result, deepl.TextResult)
    assert "Rechnung" in result.text  # the retry writes it where the model did not
    first = service.engine.tokenizer.decode(service.engine.requests[-5].prompt)
    assert "Use these translations: bill = Rechnung." in first
    client.translate_text("No term.", source_lang="EN", target_lang="DE", glossary=made.glossary_id)
    assert "Use these" not in service.engine.tokenizer.decode(service.engine.requests[-1].prompt)


def test_regions_do_not_matter(service: Scripted, client: deepl.DeepLClient) -> None:
    made = client.create_multilingual_glossary("x", [Entries("DE", "EN", {"Hund": "dög"})])
    before = len(service.engine.requests)
    client.translate_text("Der Hund lief.", source_lang="DE", target_lang="EN-GB", glossary=made)
    assert "Hund = dög" in service.engine.tokenizer.decode(service.engine.requests[before].prompt)


def test_several_glossaries_in_order(service: Scripted, client: deepl.DeepLClient) -> None:
    one = client.create_glossary("1", "EN", "DE", {"dog": "Hünd"})
    two = client.create_glossary("2", "EN", "DE", {"Dog": "Köter", "cat": "Cät"})
    text = "A dog, a cat."
    for ids, terms in (([one, two], "dog = Hünd; cat = Cät"), ([two, one], "Dog = Köter; cat = Cät")):
        before = len(service.engine.requests)
        client.translate_text(text, source_lang="EN", target_lang="DE", glossary_ids=[*ids])
        assert terms in service.engine.tokenizer.decode(service.engine.requests[before].prompt)


def test_wrong_uses_of_a_glossary(service: Scripted, client: deepl.DeepLClient) -> None:
    made = client.create_glossary("Bills", "EN", "DE", {"bill": "Rechnung"})
    body: dict[str, Any] = {"text": ["bill"], "source_lang": "EN", "target_lang": "DE"}
    for fields, status, words in (
        ({"source_lang": None, "glossary_id": made.glossary_id}, 400, "source_lang: a glossary needs"),
        ({"target_lang": "FR", "glossary_id": made.glossary_id}, 400, "glossary_id: the glossary has no dictionary"),
        ({"glossary_ids": [made.glossary_id, UNKNOWN]}, 404, "glossary_ids.1: There is no glossary with this id"),
        ({"glossary_id": UNKNOWN}, 404, "glossary_id: There is no glossary with this id"),
        ({"glossary_id": UNKNOWN, "glossary_ids": [UNKNOWN]}, 400, "glossary_ids: send these or glossary_id"),
        ({"glossary_ids": [UNKNOWN] * 6}, 400, "glossary_ids: "),
    ):
        answer = service.http.post("/v2/translate", json=body | fields)
        assert (answer.status_code, list(answer.json())) == (status, ["message"])
        assert answer.json()["message"].startswith(words)


ENTRIES = {"source_lang": "en", "target_lang": "de", "entries": "a\tb"}


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "/v2/glossaries", ENTRIES | {"name": " "}, "name: "),
        ("POST", "/v2/glossaries", ENTRIES | {"name": "é" * 513}, "name: "),
        ("POST", "/v2/glossaries", ENTRIES | {"name": "x", "entries": "a"}, "entries: line 1 should be"),
        ("POST", "/v2/glossaries", ENTRIES | {"name": "x", "entries_format": "xls"}, "entries_format: "),
        ("POST", "/v2/glossaries", ENTRIES | {"name": "x", "source_lang": "xx"}, "source_lang: "),
        ("POST", "/v2/glossaries", ENTRIES | {"name": "x", "target_lang": "xx"}, "target_lang: "),
        ("POST", "/v2/glossaries", ENTRIES | {"name": "x", "target_lang": "EN-US"}, "target_lang: a glossary is from"),
        ("POST", "/v3/glossaries", {"name": "x"}, "dictionaries: "),
        ("POST", "/v3/glossaries", {"name": "x", "dictionaries": [ENTRIES] * 2}, "dictionaries.1: an earlier"),
        ("POST", "/v3/glossaries", {"name": "x", "dictionaries": [ENTRIES | {"entries": "a"}]}, "dictionaries.0.entr"),
        ("PATCH", f"/v3/glossaries/{UNKNOWN}", {"dictionaries": [ENTRIES] * 2}, "dictionaries: "),
        ("GET", f"/v3/glossaries/{UNKNOWN}/entries?source_lang=en", None, "target_lang: "),
        ("GET", f"/v3/glossaries/{UNKNOWN}/entries?source_lang=en&target_lang=xx", None, "target_lang: "),
        ("DELETE", f"/v3/glossaries/{UNKNOWN}/dictionaries?target_lang=en", None, "source_lang: "),
    ],
)
def test_wrong_glossaries_are_refused(service: Scripted, method: str, path: str, body: Any, words: str) -> None:
    answer = service.http.request(method, path, json=body)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])
    assert answer.json()["message"].startswith(words)
    assert service.http.get("/v3/glossaries").json() == {"glossaries": []}


def test_the_glossaries_of_another_key_are_not_there(tmp_path: Path) -> None:
    with (
        keyed_service(tmp_path, Umlauts()) as keyed,
        closing(deepl.DeepLClient(keyed.secrets["translate"], server_url=keyed.service.url)) as mine,
        closing(deepl.DeepLClient(keyed.secrets["admin"], server_url=keyed.service.url)) as yours,
    ):
        made = mine.create_glossary("Bills", "EN", "DE", {"bill": "Rechnung"})
        assert [each.name for each in mine.list_glossaries()] == ["Bills"]
        assert yours.list_glossaries() == []
        with pytest.raises(GlossaryNotFoundException):
            yours.get_glossary(made.glossary_id)
        with pytest.raises(deepl.DeepLException, match="Not found, message: glossary_id: "):
            yours.translate_text("bill", source_lang="EN", target_lang="DE", glossary=made)


def test_languages_of_version_3(service: Scripted) -> None:
    texts = {each["lang"]: each for each in service.http.get("/v3/languages?resource=translate_text").json()}
    assert texts["de"]["features"].keys() == {"auto_detection", "formality", "glossary", "tag_handling"}
    assert (texts["en"]["usable_as_source"], texts["en"]["usable_as_target"]) == (True, False)
    assert (texts["en-US"]["usable_as_source"], texts["en-US"]["usable_as_target"]) == (False, True)
    glossary = service.http.get("/v3/languages?resource=glossary&include=beta&include=external").json()
    assert {"lang": "zh", "name": "Chinese", "usable_as_source": True, "usable_as_target": True} | {
        "features": {},
        "status": "stable",
    } in glossary
    assert service.http.get("/v3/languages?resource=voice").json() == []
    assert service.http.get("/v3/languages?resource=x").json()["message"].startswith("resource: ")
    assert [each["name"] for each in service.http.get("/v3/languages/resources").json()] == [
        "translate_text",
        "glossary",
    ]
