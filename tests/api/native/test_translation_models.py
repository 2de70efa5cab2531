"""Translation models and T5 beside a language model: which one serves a request, and how."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.metrics import Metrics
from service.serving.model import ServedModel
from service.settings import Settings
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts
from tests.fakes.served_model import scripted_encoder_decoder
from tests.tasks.translation.scripted_translation_model import FRENCH, engine, save_text_model, save_translation_model


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    path = tmp_path_factory.mktemp("models")
    opus, t5 = save_translation_model(path / "opus"), save_text_model(path / "t5")
    engines = {"opus": engine(opus, lambda _: FRENCH), "t5": engine(t5, lambda text: text.removeprefix("summarize: "))}

    def further(settings: Settings, metrics: Metrics) -> list[ServedModel]:
        return [
            scripted_encoder_decoder(engines["opus"], opus, settings, metrics, name="opus"),
            scripted_encoder_decoder(engines["t5"], t5, settings, metrics, name="t5"),
        ]

    with scripted_service(Umlauts(), further=further) as running:
        for each in engines.values():
            assert each.loaded.wait(20)
        yield running


def translate(service: Scripted, status: int = 200, **fields: Any) -> Any:
    body = {"text": "The quick brown fox.", "source_lang": "en", "target_lang": "fr"} | fields
    answer = service.http.post("/v1/translate", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_model_that_knows_the_pair_translates(service: Scripted) -> None:
    answer = translate(service)
    assert answer["model"] == "opus"
    assert answer["translations"][0]["text"] == FRENCH
    assert answer["usage"]["prompt_tokens"] > 5


@pytest.mark.parametrize(
    "fields",
    [
        {"target_lang": "zh"},
        {"source_lang": "de"},
        {"model": "org/tiny"},
        {"context": "a tale"},
        {"formality": "more"},
        {"source_lang": None},
    ],
)
def test_otherwise_the_language_model_translates(service: Scripted, fields: dict[str, Any]) -> None:
    if fields == {"source_lang": None}:
        fields |= {"text": "Der schnelle braune Fuchs springt über den faulen Hund."}
    assert translate(service, **fields)["model"] == "org/tiny"


def test_the_language_is_detected_where_none_is_named(service: Scripted) -> None:
    answer = translate(service, source_lang=None, text="The quick brown fox jumps over the lazy dog.")
    assert answer["model"] == "opus"
    assert answer["translations"][0]["detected"]["language"] == "en"


def test_the_named_model_says_what_it_cannot_do(service: Scripted) -> None:
    assert translate(service, 400, model="opus", target_lang="zh")["error"]["param"] == "target_lang"
    assert translate(service, 400, model="opus", context="a tale")["error"]["param"] == "context"
    assert translate(service, 400, model="t5")["error"]["code"] == "incapable_model"
    assert translate(service, 400, target_lang="Klingonic")["error"]["param"] == "target_lang"


def test_a_stream_has_the_same_text(service: Scripted) -> None:
    body = {"text": "The fox.", "source_lang": "en", "target_lang": "fr", "stream": True}
    assert json.dumps(FRENCH)[1:-1] in service.http.post("/v1/translate", json=body).text


def test_the_other_apis_use_it_too(service: Scripted) -> None:
    libre = service.http.post("/translate", json={"q": "The fox.", "source": "en", "target": "fr"})
    assert libre.json()["translatedText"] == FRENCH
    deepl = service.http.post("/v2/translate", json={"text": ["The fox."], "source_lang": "EN", "target_lang": "FR"})
    assert deepl.json()["translations"][0]["text"] == FRENCH
    parameters = {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}
    hub = service.http.post("/pipeline/translation", json={"inputs": "The fox.", "parameters": parameters})
    assert hub.json()[0]["translation_text"] == FRENCH


def test_languages_are_those_of_all_models(service: Scripted) -> None:
    native = {each["code"]: each for each in service.http.get("/v1/languages").json()["languages"]}
    assert {"fr", "de", "zh"} <= set(native["en"]["targets"])
    libre = {each["code"]: each for each in service.http.get("/languages").json()}
    assert libre.keys() == native.keys()


def test_a_prompt_is_the_source_of_a_t5(service: Scripted) -> None:
    body = {"model": "t5", "prompt": "The quick brown fox.", "temperature": 0}
    answer = service.http.post("/v1/generate", json=body)
    assert answer.json()["text"] == "The quick brown fox."


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/explain", {"prompt": "The fox", "completion": "a"}),
        ("/v1/answer", {"question": "Who?", "context": "The fox.", "mode": "generate"}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a"}]}),
        ("/v1/generate", {"prompt": "a", "prompt_logprobs": 1}),
        ("/infill", {"input_prefix": "a", "input_suffix": "b"}),
        ("/v1/completions", {"prompt": "a", "suffix": "b"}),
    ],
)
def test_what_a_t5_cannot_do_is_refused(service: Scripted, path: str, body: dict[str, Any]) -> None:
    answer = service.http.post(path, json={"model": "t5"} | body)
    assert 400 <= answer.status_code < 500, answer.text


def test_the_list_of_models_says_what_they_can_do(service: Scripted) -> None:
    models = {each["id"]: each for each in service.http.get("/v1/models").json()["data"]}
    assert models["opus"]["capabilities"] == ["translate"]
    assert models["t5"]["capabilities"] == ["generate", "summarize"]
