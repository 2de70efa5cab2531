"""The tasks summarization and text2text-generation, and translation with beams: requests as the engine gets them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import InferenceClient

from service.api.compat.huggingface.text_to_text.response import cleaned_up
from service.engine.protocol.beam_params import BeamParams
from service.metrics import Metrics
from service.serving.model import ServedModel
from service.settings import Settings
from service.tasks.text.piece_tokenizer import load_tokenizer
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.served_model import scripted_encoder_decoder
from tests.tasks.translation.scripted_translation_model import FRENCH, engine, save_text_model, save_translation_model

TEXT = "The quick brown fox jumps over the lazy dog."
SUMMARY = "The quick fox."
SOURCE = 60  # tokens of a source, at most
OF_TASK = {
    "num_beams": 4,
    "length_penalty": 2.0,
    "early_stopping": True,
    "min_length": 5,
    "max_length": 50,
    "no_repeat_ngram_size": 3,
    "prefix": "summarize: ",
}


class Served:
    """A chat model, a T5 with parameters for summaries, and a translation model that wants four beams."""

    def __init__(self, service: Scripted, t5: ScriptedEngine, opus: ScriptedEngine, path: Path) -> None:
        self.service = service
        self.t5 = t5
        self.opus = opus
        self.tokenizer = load_tokenizer(path)

    def post(self, task: str, status: int = 200, **payload: Any) -> Any:
        answer = self.service.http.post(f"/pipeline/{task}", json={"inputs": TEXT} | payload)
        assert answer.status_code == status, answer.text
        return answer.json()

    def source(self) -> str:
        source = self.t5.requests[-1].source
        assert isinstance(source, tuple)
        return self.tokenizer.decode(source)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("models")
    opus, t5 = save_translation_model(path / "opus"), save_text_model(path / "t5")
    config = json.loads((t5 / "config.json").read_text())
    (t5 / "config.json").write_text(json.dumps(config | {"task_specific_params": {"summarization": OF_TASK}}))
    engines = {"opus": engine(opus, lambda _: FRENCH), "t5": engine(t5, lambda _: SUMMARY, max_source_len=SOURCE)}

    def further(settings: Settings, metrics: Metrics) -> list[ServedModel]:
        return [
            scripted_encoder_decoder(engines["opus"], opus, settings, metrics, name="opus"),
            scripted_encoder_decoder(engines["t5"], t5, settings, metrics, name="t5"),
        ]

    with scripted_service(further=further) as running:
        for each in engines.values():
            assert each.loaded.wait(20)
        yield Served(running, engines["t5"], engines["opus"], t5)


@pytest.mark.parametrize("path", ["/pipeline/summarization", "/models/t5", "/models/t5/pipeline/summarization"])
def test_summarization_through_the_official_client(served: Served, path: str) -> None:
    client = InferenceClient(model=served.service.url + path, token="any")
    assert client.summarization("The fox jumps.").summary_text == SUMMARY
    assert served.source() == "summarize: The fox jumps."
    params = served.t5.requests[-1].params
    assert params.beams == BeamParams(num_beams=4, length_penalty=2.0, early_stopping=True)
    assert (params.min_tokens, params.max_tokens, params.no_repeat_ngram_size) == (4, 49, 3)
    client.summarization(
        "The fox jumps.",
        generate_parameters={
            "num_beams": 2,
            "early_stopping": "never",
            "min_length": 3,
            "max_new_tokens": 30,
            "no_repeat_ngram_size": 0,
            "repetition_penalty": 1.2,
        },
    )
    params = served.t5.requests[-1].params
    assert params.beams == BeamParams(num_beams=2, length_penalty=2.0, early_stopping="never")
    assert (params.min_tokens, params.max_tokens, params.no_repeat_ngram_size) == (2, 30, 0)
    assert params.repetition_penalty == 1.2


def test_fields_may_stand_beside_generate_parameters_as_older_clients_send_them(served: Served) -> None:
    found = served.service.http.post("/models/t5", json={"inputs": "A fox.", "parameters": {"max_length": 9}})
    assert found.json() == [{"summary_text": SUMMARY}]
    params = served.t5.requests[-1].params
    assert (params.min_tokens, params.max_tokens) == (4, 8)


def test_samples_are_no_search(served: Served) -> None:
    served.post("summarization", inputs="A fox.", parameters={"generate_parameters": {"do_sample": True, "seed": 3}})
    params = served.t5.requests[-1].params
    assert (params.beams, params.temperature, params.seed, params.no_repeat_ngram_size) == (None, 1.0, 3, 3)


def test_a_long_text_loses_its_end_if_that_is_wanted(served: Served) -> None:
    text = TEXT * 3
    for truncation in (None, "do_not_truncate", False):
        error = served.post("summarization", 400, inputs=text, parameters={"truncation": truncation})["error"]
        assert error.startswith("inputs: ")
    for truncation in ("longest_first", "only_first", True):
        served.post("summarization", inputs=text, parameters={"truncation": truncation})
        source = served.t5.requests[-1].source
        assert isinstance(source, tuple)
        assert len(source) == SOURCE
        assert source[-1] == 1
        assert text.startswith(served.source().removeprefix("summarize: "))


def test_text2text_generation_has_no_prefix_and_the_defaults_of_all_tasks(served: Served) -> None:
    assert served.post("text2text-generation", inputs="The fox.") == [{"generated_text": SUMMARY}]
    assert served.source() == "The fox."
    params = served.t5.requests[-1].params
    assert (params.beams, params.min_tokens, params.no_repeat_ngram_size) == (None, 0, 0)


def test_several_texts(served: Served) -> None:
    found = served.post("summarization", inputs=["A fox.", "A dog."], parameters={"clean_up_tokenization_spaces": True})
    assert found == [{"summary_text": SUMMARY}] * 2


def test_spaces_are_cleaned_up() -> None:
    assert cleaned_up("It is n't here , is it ? We 've 'm .") == "It isn't here, is it? We've'm."


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"num_beams": 0}, "num_beams"),
        ({"num_beams": 500}, "num_beams"),
        ({"num_beams": 2, "num_return_sequences": 3}, "num_return_sequences"),
        ({"num_return_sequences": 5}, "num_return_sequences"),  # the checkpoint wants four beams
        ({"num_beams": 1, "length_penalty": 2}, "length_penalty"),
        ({"num_beams": 2, "do_sample": True}, "num_beams"),
        ({"num_beams": 2, "top_k": 5}, "top_k"),
        ({"do_sample": True, "early_stopping": True}, "early_stopping"),
        ({"temperature": 0.5}, "do_sample"),
        ({"min_new_tokens": 9, "max_new_tokens": 5}, "min_tokens"),
        ({"min_tokens": 9, "min_length": 5}, "min_tokens"),
        ({"num_beam_groups": 2}, "num_beam_groups"),
        ({"diversity_penalty": 0.5}, "diversity_penalty"),
        ({"max_time": 3}, "max_time"),
    ],
)
def test_what_cannot_be_decoded_is_refused(served: Served, fields: dict[str, Any], blamed: str) -> None:
    error = served.post("summarization", 400, parameters={"generate_parameters": fields})["error"]
    assert error.startswith(f"parameters.generate_parameters.{blamed}: ")


@pytest.mark.parametrize(
    ("payload", "blamed"),
    [
        ({"parameters": {"truncation": "only_second"}}, "parameters.truncation"),
        ({"parameters": {"max_length": 9, "generate_parameters": {}}}, "parameters.max_length"),
        ({"inputs": ["A", "B"], "parameters": {"num_beams": 2, "num_return_sequences": 2}}, "inputs"),
        ({"inputs": {"text": "A"}}, "inputs"),
        ({"stream": True}, "stream"),
    ],
)
def test_wrong_payloads_are_refused(served: Served, payload: dict[str, Any], blamed: str) -> None:
    assert served.post("summarization", 400, **payload)["error"].startswith(f"{blamed}")


@pytest.mark.parametrize("task", ["summarization", "text2text-generation"])
def test_a_language_model_is_refused_in_words(served: Served, hello: Scripted, task: str) -> None:
    answer = served.service.http.post(f"/models/org/tiny/pipeline/{task}", json={"inputs": TEXT})
    assert answer.status_code == 400
    assert answer.json()["error"] == "model: The model org/tiny cannot summarize. Models that can: t5"
    answer = hello.http.post(f"/pipeline/{task}", json={"inputs": TEXT})
    assert answer.status_code == 404
    assert "No model that is served here can summarize" in answer.json()["error"]


TRANSLATION: dict[str, Any] = {"src_lang": "en", "tgt_lang": "fr"}


def test_a_translation_has_the_beams_of_the_request(served: Served) -> None:
    client = InferenceClient(model=f"{served.service.url}/pipeline/translation", token="any")
    assert client.translation("The fox.", **TRANSLATION).translation_text == FRENCH
    assert served.opus.requests[-1].params.beams == BeamParams(num_beams=4)
    generate = {"num_beams": 3, "length_penalty": 0.6, "no_repeat_ngram_size": 2}
    client.translation("The fox.", **TRANSLATION, generate_parameters=generate)
    params = served.opus.requests[-1].params
    assert (params.beams, params.no_repeat_ngram_size) == (BeamParams(num_beams=3, length_penalty=0.6), 2)
    client.translation("The fox.", **TRANSLATION, generate_parameters={"num_beams": 1})
    assert served.opus.requests[-1].params.beams is None


def test_a_language_model_translates_without_beams(served: Served) -> None:
    parameters = {"src_lang": "en", "tgt_lang": "zh", "generate_parameters": {"num_beams": 3}}
    error = served.post("translation", 400, parameters=parameters)["error"]
    assert error.startswith("parameters.generate_parameters.num_beams: ")
