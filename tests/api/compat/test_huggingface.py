"""Hugging Face's inference tasks, with the official client and with plain HTTP."""

from typing import Any

import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from service.api.compat.huggingface.unserved_tasks import UNSERVED_TASKS
from tests.api.scripted import Scripted
from tests.running_server import Server

QUESTION = "When was the bridge built?"
CONTEXT = "Two rivers meet near Arlen. The bridge was built in 1894, of steel from a mill in Gent."


@pytest.mark.parametrize("path", ["", "/models/org/tiny", "/pipeline/translation"])
def test_translation_through_the_official_client(german: Scripted, path: str) -> None:
    client = InferenceClient(model=german.url + path, token="any")
    result = client.translation("Good cats run.", src_lang="eng_Latn", tgt_lang="deu_Latn")
    assert result.translation_text == "Gööd cäts rün."
    generate = {"max_new_tokens": 100, "seed": 1, "do_sample": True, "temperature": 0.5}
    client.translation("Good.", src_lang="en_XX", tgt_lang="de_DE", generate_parameters=generate)
    params = german.engine.requests[-1].params
    assert (params.max_tokens, params.seed, params.temperature) == (100, 1, 0.5)


def test_a_list_of_texts(german: Scripted) -> None:
    body = {"inputs": ["Good cats run.", "The dogs ran away."], "parameters": {"tgt_lang": "German"}}
    texts = [each["translation_text"] for each in german.http.post("/", json=body).json()]
    assert texts == ["Gööd cäts rün.", "The dögs rän äwäy."]


@pytest.mark.parametrize("path", ["", "/pipeline/question-answering"])
def test_question_answering_through_the_official_client(four_models: Server, path: str) -> None:
    client = InferenceClient(model=four_models.url + path, token="any")
    best = client.question_answering(question=QUESTION, context=CONTEXT)
    assert not isinstance(best, list)
    assert CONTEXT[best.start : best.end] == best.answer != ""
    several = client.question_answering(
        question=QUESTION, context=CONTEXT, top_k=3, doc_stride=16, max_answer_len=4, align_to_words=True
    )
    assert isinstance(several, list)
    assert len(several) == 3
    for each in several:
        assert CONTEXT[each.start : each.end] == each.answer
        assert 0 < each.score <= 1
        assert four_models.http.post("/tokenize", json={"prompt": each.answer}).json()["count"] <= 4


def test_a_question_without_an_answer(four_models: Server) -> None:
    client = InferenceClient(model=four_models.url, token="any")
    found = client.question_answering(question=QUESTION, context="In 1894.", top_k=20, handle_impossible_answer=True)
    assert isinstance(found, list)
    [none] = [each for each in found if not each.answer]
    assert (none.start, none.end) == (0, 0)
    blank = client.question_answering(question=QUESTION, context=" ")
    assert not isinstance(blank, list)
    assert (blank.answer, blank.score, blank.start, blank.end) == ("", 1.0, 0, 0)


ASKED = {"inputs": {"question": "x", "context": "y"}}
TRANSLATE: dict[str, Any] = {"inputs": "x", "parameters": {"tgt_lang": "de"}}


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({}, "inputs"),
        ({"inputs": 5}, "inputs"),
        ({"inputs": ["x"]}, "inputs"),
        ({"inputs": {}}, "inputs"),
        ({"inputs": {"sentences": ["x"]}}, "inputs"),
        ({"inputs": {"question": "x"}}, "inputs.context"),
        ({"inputs": {"context": "x"}}, "inputs.question"),
        ({"inputs": {"question": " ", "context": "x"}}, "inputs.question"),
        ({"inputs": {"question": "x", "context": ["x"]}}, "inputs.context"),
        ({"inputs": {"question": "x", "context": "x" * (1 << 20) + "x"}}, "inputs.context"),
        ({"inputs": {"question": "x" * 10_000, "context": "x"}}, "inputs.question"),
        (ASKED | {"parameters": {"top_k": 0}}, "parameters.top_k"),
        (ASKED | {"parameters": {"top_k": 21}}, "parameters.top_k"),
        (ASKED | {"parameters": {"doc_stride": 512}}, "parameters.doc_stride"),
        (ASKED | {"parameters": {"max_answer_len": 1001}}, "parameters.max_answer_len"),
        (ASKED | {"parameters": {"align_to_words": False}}, "parameters.align_to_words"),
        (ASKED | {"parameters": {"max_seq_len": 384}}, "parameters.max_seq_len"),
        (ASKED | {"parameters": {"max_question_len": 64}}, "parameters.max_question_len"),
        (ASKED | {"parameters": {"padding": "longest"}}, "parameters.padding"),
        (ASKED | {"stream": True}, "stream"),
        ({"inputs": "x", "parameters": {"src_lang": "en"}}, "parameters.tgt_lang"),
        ({"inputs": [], "parameters": {"tgt_lang": "de"}}, "inputs"),
        ({"inputs": ["x"] * 129, "parameters": {"tgt_lang": "de"}}, "inputs"),
        ({"inputs": "x", "parameters": {"tgt_lang": "nowhere?"}}, "parameters.tgt_lang"),
        ({"inputs": "x", "parameters": {"tgt_lang": "de", "src_lang": "swh_Latn"}}, "parameters.src_lang"),
        ({"inputs": "x", "parameters": {"tgt_lang": "de", "truncation": "only_first"}}, "parameters.truncation"),
        (
            {"inputs": "x", "parameters": {"tgt_lang": "de", "clean_up_tokenization_spaces": True}},
            "parameters.clean_up_tokenization_spaces",
        ),
        (
            {"inputs": "x", "parameters": {"tgt_lang": "de", "generate_parameters": {"num_beams": 4}}},
            "parameters.generate_parameters.num_beams",
        ),
        (
            {"inputs": "x", "parameters": {"tgt_lang": "de", "generate_parameters": {"temperature": 1}}},
            "parameters.generate_parameters.do_sample",
        ),
        (
            {
                "inputs": "x",
                "parameters": {"tgt_lang": "de", "generate_parameters": {"max_length": 9, "max_new_tokens": 8}},
            },
            "parameters.generate_parameters.max_length",
        ),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_wrong_fields_are_refused(hello: Scripted, body: dict[str, Any], blamed: str) -> None:
    response = hello.http.post("/", json=body)
    assert (response.status_code, set(response.json())) == (400, {"error", "error_type"})
    assert response.json()["error"].startswith(f"{blamed}: ")


@pytest.mark.parametrize("path", ["/models/gpt-4", "/pipeline/fill-mask"])
def test_an_unknown_model_or_task_is_404(hello: Scripted, path: str) -> None:
    response = hello.http.post(path, json=ASKED)
    assert (response.status_code, type(response.json()["error"])) == (404, str)


@pytest.mark.parametrize(
    ("task", "payload"),
    [
        ("table-question-answering", {"inputs": {"query": "x", "table": {}}}),
        ("document-question-answering", {"inputs": {"image": "eA==", "question": "x"}}),
        ("visual-question-answering", {"inputs": {"image": "eA==", "question": "x"}}),
        ("text-ranking", {"inputs": {"query": "x", "texts": ["y"]}}),
        ("conversational", {"inputs": {"past_user_inputs": ["x"], "text": "y"}}),
        ("fill-mask", {"inputs": "Paris is the [MASK] of France."}),
        ("fill-mask", {"inputs": "x", "parameters": {"targets": ["y"]}}),
        ("zero-shot-classification", {"inputs": "x", "parameters": {"candidate_labels": ["y"]}}),
        ("token-classification", {"inputs": "x", "parameters": {"aggregation_strategy": "simple"}}),
        ("text-to-image", {"inputs": "x", "parameters": {"guidance_scale": 7}}),
        ("text-to-video", {"inputs": "x", "parameters": {"num_frames": 7}}),
        ("text-to-speech", {"inputs": "x", "parameters": {"generation_parameters": {}}}),
        ("automatic-speech-recognition", {"inputs": "eA==", "parameters": {"return_timestamps": True}}),
        ("image-segmentation", {"inputs": "eA==", "parameters": {"mask_threshold": 0.5}}),
    ],
)
def test_a_task_that_is_not_served_is_named(hello: Scripted, task: str, payload: dict[str, Any]) -> None:
    paths = [f"/pipeline/{task}", f"/models/org/tiny/pipeline/{task}"]
    if task != "document-question-answering":  # its payload is that of visual-question-answering
        paths += ["/", "/models/org/tiny"]
    for path in paths:
        response = hello.http.post(path, json=payload)
        assert response.status_code == 404
        assert response.json()["error"].startswith(f"task: The task {task} is not served")


@pytest.mark.parametrize("task", sorted(UNSERVED_TASKS))
def test_every_task_of_the_hub_is_known(hello: Scripted, task: str) -> None:
    response = hello.http.post(f"/pipeline/{task}", json={"inputs": "x"})
    assert response.status_code == 404
    assert f"The task {task} is not served" in response.json()["error"]


@pytest.mark.parametrize(
    ("task", "inputs", "verb"),
    [
        ("feature-extraction", "x", "embed"),
        ("sentence-similarity", {"source_sentence": "x", "sentences": ["y"]}, "embed"),
        ("text-classification", "x", "classify"),
    ],
)
def test_a_task_without_a_model_for_it_says_so(hello: Scripted, task: str, inputs: Any, verb: str) -> None:
    response = hello.http.post(f"/pipeline/{task}", json={"inputs": inputs})
    assert (response.status_code, response.json()["error"]) == (
        404,
        f"model: The task {task} is not served: No model that is served here can {verb}",
    )


def test_the_official_client_shows_the_error_message(hello: Scripted) -> None:
    with pytest.raises(HfHubHTTPError, match=r"parameters\.max_seq_len: "):
        InferenceClient(model=hello.url, token="any").question_answering(
            question=QUESTION, context=CONTEXT, max_seq_len=10
        )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"inputs": "\\ud800", "parameters": {"tgt_lang": "de"}}']
)
def test_malformed_bodies(hello: Scripted, body: bytes) -> None:
    response = hello.http.post("/", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, type(response.json()["error"])) == (400, str)
