"""Several translation models beside each other, and translations through a pivot, on all routes."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.engine.protocol.beam_params import BeamParams
from service.metrics import Metrics
from service.serving.model import ServedModel
from service.settings import Settings
from service.tasks.text.piece_tokenizer import load_tokenizer
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts
from tests.fakes.engine import ScriptedEngine
from tests.fakes.served_model import scripted_encoder_decoder
from tests.tasks.translation.scripted_translation_model import engine, save_model_of_pairs, save_translation_model

# Each model writes these words for the words of its source, and leaves all other ones.
WORDS = {
    "de-en": {"der": "the", "fox": "dog"},
    "en-fr": {"the": "va", "dog": "lazy"},
    "en-is": {"the": "over", "dog": "quick"},
}
LANGUAGES = {"de-en": ("deu", ("eng",)), "en-fr": ("eng", ("fra",)), "en-is": ("eng", ("isl",))}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    path = tmp_path_factory.mktemp("models")
    return {name: save_translation_model(path / name, *languages) for name, languages in LANGUAGES.items()}


@pytest.fixture(scope="module")
def engines(paths: dict[str, Path]) -> dict[str, ScriptedEngine]:
    def writing(name: str) -> Callable[[str], str]:
        words = WORDS[name]
        return lambda text: re.sub(r"\w+", lambda word: words.get(word[0], word[0]), text)

    return {name: engine(path, writing(name)) for name, path in paths.items()}


def sources(engine: ScriptedEngine, begin: int) -> list[tuple[int, ...]]:
    """The sources of its requests from number ``begin`` on."""
    return [each.source for each in engine.requests[begin:] if isinstance(each.source, tuple)]


@pytest.fixture(scope="module")
def service(paths: dict[str, Path], engines: dict[str, ScriptedEngine]) -> Iterator[Scripted]:
    """With a language model, which knows no Icelandic."""

    def further(settings: Settings, metrics: Metrics) -> list[ServedModel]:
        return [
            scripted_encoder_decoder(engines[name], path, settings, metrics, name=name) for name, path in paths.items()
        ]

    with scripted_service(Umlauts(), further=further) as running:
        for each in engines.values():
            assert each.loaded.wait(20)
        yield running


def translate(service: Scripted, status: int = 200, **fields: Any) -> Any:
    body = {"text": "der fox.", "source_lang": "de", "target_lang": "fr"} | fields
    answer = service.http.post("/v1/translate", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("source", "target", "model"),
    [("en", "fr", "en-fr"), ("en", "is", "en-is"), ("de", "en", "de-en"), ("de", "fr", "org/tiny")],
)
def test_each_pair_has_its_model(service: Scripted, source: str, target: str, model: str) -> None:
    answer = translate(service, source_lang=source, target_lang=target)
    assert answer["model"] == model
    assert "pivot" not in answer


def test_a_pivot_goes_through_two_models_and_the_answer_says_so(service: Scripted) -> None:
    answer = translate(service, text="der fox .", pivot="English")
    assert answer["model"] == "en-fr"
    assert answer["pivot"] == {"language": "en", "models": ["de-en", "en-fr"]}
    [translation] = answer["translations"]
    assert (translation["text"], translation["source_lang"], translation["target_lang"]) == ("va lazy .", "de", "fr")
    [segment] = translation["segments"]
    assert (segment["source"], segment["start"], segment["end"]) == ("der fox .", 0, 9)


def test_a_stream_says_it_in_its_last_event(service: Scripted) -> None:
    body = {"text": "der fox .", "source_lang": "de", "target_lang": "fr", "pivot": "en", "stream": True}
    lines = service.http.post("/v1/translate", json=body).text.splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
    assert "".join(each.get("text", "") for each in events) == "va lazy ."
    assert events[-1]["pivot"] == {"language": "en", "models": ["de-en", "en-fr"]}


def test_both_models_are_used_and_counted(service: Scripted, engines: dict[str, ScriptedEngine]) -> None:
    before = {name: len(each.requests) for name, each in engines.items()}
    usage = translate(service, pivot="en")["usage"]
    new = {name: sources(each, before[name]) for name, each in engines.items()}
    assert {name: len(each) for name, each in new.items()} == {"de-en": 1, "en-fr": 1, "en-is": 0}
    assert usage["prompt_tokens"] == sum(len(source) for each in new.values() for source in each)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"text": "<p>der <b>fox</b> {name} .</p>", "format": "html"}, "<p>va <b>lazy</b> {name} .</p>"),
        ({"text": "# der\n\n- der `fox` fox"}, "# va\n\n- va `fox` lazy"),
        ({"text": "der fox", "glossary": [{"source": "fox", "target": "Fuchs"}]}, "va Fuchs"),
        ({"text": "der fox", "do_not_translate": ["fox"]}, "va fox"),
        (
            {"text": "der fox.\nder fox %s", "memory": [{"source": "der fox.", "target": "voilà."}]},
            "voilà.\nva lazy %s",
        ),
        ({"text": "{n, plural, one {der fox #} other {der der #}}"}, "{n, plural, one {va lazy #} other {va va #}}"),
        ({"text": "der fox", "output_prefix": ""}, "va lazy"),
    ],
)
def test_marks_terms_and_memories_go_through_it(service: Scripted, fields: dict[str, Any], text: str) -> None:
    answer = translate(
        service, **({"pivot": "en", "format": "markdown"} if "#" in text[:1] else {"pivot": "en"}) | fields
    )
    assert answer["translations"][0]["text"] == text
    assert answer["pivot"]["models"] == ["de-en", "en-fr"]
    if "glossary" in fields:
        assert answer["translations"][0]["glossary"]["applied"] == ["fox"]


def test_alternatives_are_those_of_the_second_leg(service: Scripted, engines: dict[str, ScriptedEngine]) -> None:
    before = len(engines["de-en"].requests), len(engines["en-fr"].requests)
    translate(service, pivot="en", alternatives=2)
    new = [engines[name].requests[begin:] for name, begin in zip(("de-en", "en-fr"), before, strict=True)]
    beams = [[each.params.beams for each in requests] for requests in new]
    assert beams == [[BeamParams(num_beams=4)], [BeamParams(num_beams=4, num_return=3)]]


def test_what_needs_no_pivot_goes_through_none(service: Scripted) -> None:
    answer = translate(service, text="the dog", source_lang="en", pivot="de")
    assert (answer["model"], "pivot" in answer) == ("en-fr", False)


def test_a_sentence_in_the_pivot_is_translated_once(
    service: Scripted, engines: dict[str, ScriptedEngine], paths: dict[str, Path]
) -> None:
    before = len(engines["de-en"].requests)
    english = "the weather has been very good since the beginning of the week."
    german = "das wetter ist seit dem anfang der woche wirklich sehr gut gewesen."
    text = f"{german}\n{german}\n{english}"
    answer = translate(service, text=text, source_lang=None, pivot="en")
    assert answer["pivot"]["models"] == ["de-en", "en-fr"]
    tokenizer = load_tokenizer(paths["de-en"])
    read = {tokenizer.decode(source).partition(" ")[0] for source in sources(engines["de-en"], before)}
    assert read == {"das"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"target_lang": "is", "pivot": "fr"}, "no served model translates from French to Icelandic"),
        ({"target_lang": "eo", "pivot": "en"}, "no served model translates from English to Esperanto"),
        ({"pivot": "no such language"}, "Unknown language"),
        ({"model": "de-en", "pivot": "en"}, "no served model translates from English to French"),
    ],
)
def test_a_pivot_that_cannot_be_had_is_refused(service: Scripted, fields: dict[str, str], words: str) -> None:
    error = translate(service, 400, **fields)["error"]
    assert words in error["message"]
    assert error["param"] == "pivot"


def test_options_that_a_translation_model_does_not_read_go_to_the_language_model(service: Scripted) -> None:
    answer = translate(service, pivot="en", context="a tale")
    assert (answer["model"], "pivot" in answer) == ("org/tiny", False)
    assert translate(service, 400, target_lang="is", pivot="en", context="a tale")["error"]["param"] == "target_lang"


def test_tokens_of_two_models_are_refused(service: Scripted) -> None:
    error = translate(service, 400, pivot="en", logit_bias={"5": 1.0})["error"]
    assert error["param"] == "logit_bias"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/translate", {"text": "der fox", "source_lang": "de", "target_lang": "is"}),
        ("/v2/translate", {"text": ["der fox"], "source_lang": "DE", "target_lang": "IS"}),
        ("/translate", {"q": "der fox", "source": "de", "target": "is"}),
        (
            "/pipeline/translation",
            {"inputs": "der fox", "parameters": {"src_lang": "deu_Latn", "tgt_lang": "isl_Latn"}},
        ),
    ],
)
def test_without_being_asked_nothing_goes_through_a_pivot(service: Scripted, path: str, body: dict[str, Any]) -> None:
    answer = service.http.post(path, json=body)
    assert answer.status_code == 400, answer.text
    assert "No served model translates from German to Icelandic" in answer.text
    assert "pivot" in answer.text


def test_a_language_model_may_be_one_of_the_two(service: Scripted) -> None:
    answer = translate(service, text="the dog", source_lang="zh", target_lang="is", pivot="en")
    assert answer["pivot"]["models"] == ["org/tiny", "en-is"]
    assert answer["translations"][0]["text"] == "over dög"


def test_nothing_goes_through_a_pivot_between_names_of_one_language(service: Scripted) -> None:
    answer = translate(service, text="der fox", target_lang="de", pivot="fr")
    assert (answer["translations"][0]["text"], "pivot" in answer) == ("der fox", False)


def test_one_model_may_be_both(paths: dict[str, Path], tmp_path: Path) -> None:
    path = save_model_of_pairs(tmp_path / "t5", ("de", "en"), ("en", "fr"))
    scripted = engine(path, lambda text: text.removeprefix("to en: ").removeprefix("to fr: ").replace("der fox", "dog"))

    def further(settings: Settings, metrics: Metrics) -> list[ServedModel]:
        return [scripted_encoder_decoder(scripted, path, settings, metrics, name="both")]

    with scripted_service(Umlauts(), further=further) as service:
        assert scripted.loaded.wait(20)
        answer = translate(service, pivot="en", model="both", stop_token_ids=[5])
        assert answer["pivot"]["models"] == ["both", "both"]
        assert answer["translations"][0]["text"] == "dog."
        assert translate(service, 400, model="both")["error"]["param"] == "source_lang"


def test_a_pair_whose_model_loads_is_unavailable_and_not_denied(paths: dict[str, Path]) -> None:
    engines = {name: engine(paths[name], str, loads_at_once=name == "de-en") for name in ("de-en", "en-is")}

    def further(settings: Settings, metrics: Metrics) -> list[ServedModel]:
        return [
            scripted_encoder_decoder(each, paths[name], settings, metrics, name=name) for name, each in engines.items()
        ]

    with scripted_service(Umlauts(), further=further) as service:
        assert engines["de-en"].loaded.wait(20)
        try:
            for fields in ({"source_lang": "en"}, {"pivot": "en"}):
                assert translate(service, 503, target_lang="is", **fields)["error"]["code"] == "loading"
            assert translate(service, source_lang="de", target_lang="en")["model"] == "de-en"
        finally:
            engines["en-is"].may_load.set()


def document(service: Scripted, **fields: str) -> Any:
    files = {"file": ("a.txt", fields.pop("text", "der fox\n\nder der fox\n"))}
    data = {"source_lang": "de", "target_lang": "fr", "wait": "20"} | fields
    return service.http.post("/v1/translate/document", data=data, files=files, timeout=30)


def test_a_document_goes_through_it_too(service: Scripted) -> None:
    answer = document(service, pivot="en")
    assert answer.text == "va lazy\n\nva va lazy\n"
    record = service.http.get(f"/v1/translate/document/{answer.headers['x-document-id']}").json()
    assert record["pivot"] == {"language": "en", "models": ["de-en", "en-fr"]}
    assert record["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"source_lang": "en", "text": "the dog\n"}, "va lazy\n"),
        ({"source_lang": "en", "target_lang": "is", "text": "the dog\n"}, "over quick\n"),
        ({"source_lang": "en", "target_lang": "is", "text": "the dog\n", "model": "en-is"}, "over quick\n"),
        ({"source_lang": "en", "target_lang": "zh", "text": "the dog\n"}, "the dög\n"),
    ],
)
def test_a_document_has_the_model_of_its_pair(service: Scripted, fields: dict[str, str], text: str) -> None:
    answer = document(service, **fields)
    assert answer.text == text
    id = answer.headers["x-document-id"]
    assert service.http.get(f"/v1/translate/document/{id}").json()["pivot"] is None


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"target_lang": "is"}, "target_lang"),
        ({"target_lang": "is", "pivot": "fr"}, "pivot"),
        ({"pivot": "no such language"}, "pivot"),
        ({"model": "en-is"}, "target_lang"),
        ({"model": "en-fr", "source_lang": "en", "context": "a tale"}, "context"),
    ],
)
def test_a_document_that_nothing_translates_is_refused_at_once(
    service: Scripted, fields: dict[str, str], param: str
) -> None:
    answer = document(service, **fields)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param


def test_documents_of_the_other_apis_have_the_model_of_their_pair(service: Scripted) -> None:
    files = {"file": ("a.txt", "the dog\n")}
    libre = service.http.post("/translate_file", data={"source": "en", "target": "is"}, files=files, timeout=30)
    assert service.http.get(libre.json()["translatedFileUrl"]).text == "over quick\n"
    deepl = service.http.post("/v2/document", data={"source_lang": "EN", "target_lang": "IS"}, files=files).json()
    path, key = f"/v2/document/{deepl['document_id']}", {"document_key": deepl["document_key"]}
    while (status := service.http.post(path, json=key).json()["status"]) in ("queued", "translating"):
        pass  # the answer comes after a second at most
    assert status == "done"
    assert service.http.post(f"{path}/result", json=key).text == "over quick\n"


def test_languages_are_those_of_all_models_on_all_routes(service: Scripted) -> None:
    native = {each["code"]: each["targets"] for each in service.http.get("/v1/languages").json()["languages"]}
    assert "is" in native["en"]
    assert "is" not in native["de"]
    assert "is" not in native
    libre = {each["code"]: each["targets"] for each in service.http.get("/languages").json()}
    assert libre == {code: [code, *targets] for code, targets in native.items()}
    deepl = {kind: service.http.get("/v2/languages", params={"type": kind}).json() for kind in ("source", "target")}
    codes = {kind: {each["language"] for each in languages} for kind, languages in deepl.items()}
    assert "IS" in codes["target"]
    assert "IS" not in codes["source"]
    assert {"EN-GB", "ZH-HANT"} <= codes["target"]
    [icelandic] = [
        each
        for each in service.http.get("/v3/languages", params={"resource": "translate_text"}).json()
        if each["lang"] == "is"
    ]
    assert (icelandic["usable_as_source"], icelandic["usable_as_target"]) == (False, True)
    pairs = service.http.get("/v2/glossary-language-pairs").json()["supported_languages"]
    assert {"source_lang": "en", "target_lang": "is"} in pairs


def test_a_glossary_may_be_in_a_language_of_any_model(service: Scripted) -> None:
    entries = {"source_lang": "en", "target_lang": "is", "entries": "dog\thundur", "entries_format": "tsv"}
    made = service.http.post("/v2/glossaries", json={"name": "animals"} | entries)
    assert made.status_code == 201, made.text
    answer = translate(service, text="the dog", source_lang="en", target_lang="is", glossary="animals")
    assert answer["translations"][0]["text"] == "over hundur"
