"""Hugging Face's tasks of encoders: which task a payload is for, and what is refused."""

from typing import Any

import httpx
import pytest

from tests.api.encoders import ScriptedEncoders
from tests.api.scripted import Scripted

LONG = "The lighthouse keeper is Ada Lund. " * 20
SENTENCES = {"source_sentence": "When?", "sentences": ["It rains.", "When?"]}


def post(service: Scripted, path: str, **payload: Any) -> httpx.Response:
    return service.http.post(path, json=payload)


def kind(answer: httpx.Response) -> str:
    """The task that an answer is of."""
    match answer.json():
        case [[float(), *_], *_]:
            return "feature-extraction"
        case [float(), *_]:
            return "sentence-similarity"
        case [[{"label": _}, *_], *_]:
            return "text-classification"
    return answer.text


@pytest.mark.parametrize(
    ("payload", "task"),
    [
        ({"inputs": SENTENCES}, "sentence-similarity"),
        ({"inputs": {"text": "a"}}, "text-classification"),
        ({"inputs": {"text": "a", "text_pair": "b"}}, "text-classification"),
        ({"inputs": [{"text": "a"}, {"text": "b"}]}, "text-classification"),
        ({"inputs": "a", "parameters": {"top_k": 1}}, "text-classification"),
        ({"inputs": ["a"], "parameters": {"function_to_apply": "none"}}, "text-classification"),
        ({"inputs": "a", "normalize": True}, "feature-extraction"),
        ({"inputs": ["a", "b"], "parameters": {"prompt_name": "query"}}, "feature-extraction"),
    ],
)
def test_the_payload_names_its_task(encoder_service: Scripted, payload: dict[str, Any], task: str) -> None:
    assert kind(post(encoder_service, "/", **payload)) == task
    assert kind(post(encoder_service, f"/pipeline/{task}", **payload)) == task


def test_texts_alone_are_for_the_task_of_their_model(encoder_service: Scripted) -> None:
    assert kind(post(encoder_service, "/models/embedder", inputs="a")) == "feature-extraction"
    assert kind(post(encoder_service, "/models/classifier", inputs="a")) == "text-classification"
    refused = post(encoder_service, "/", inputs="a")
    assert refused.status_code == 400
    assert "/pipeline/feature-extraction" in refused.json()["error"]
    assert post(encoder_service, "/models/org/tiny", inputs="a").json() == [{"generated_text": "Hello"}]
    assert post(encoder_service, "/models/org/tiny", inputs="a", parameters={"x": 1}).status_code == 400
    assert post(encoder_service, "/models/other", inputs="a").status_code == 404
    assert (
        kind(post(encoder_service, "/models/embedder/pipeline/feature-extraction", inputs="a")) == "feature-extraction"
    )


def test_labels_are_ranked_and_counted(encoder_service: Scripted) -> None:
    path = "/models/classifier/pipeline/text-classification"
    both, texts = (post(encoder_service, path, inputs=inputs).json() for inputs in ("a", ["a", "b"]))
    assert [sorted(each["label"] for each in labels) for labels in both] == [["no", "yes"]]
    assert len(texts) == 2
    assert sum(each["score"] for each in both[0]) == pytest.approx(1)
    (best,) = post(encoder_service, path, inputs="a", parameters={"top_k": 1}).json()
    assert best == both[0][:1]


def test_texts_are_cut_at_the_end_that_is_asked_for(encoder_service: Scripted, encoders: ScriptedEncoders) -> None:
    def tokens(**fields: Any) -> tuple[int, ...]:
        assert post(encoder_service, "/models/embedder", inputs=LONG + "When?", **fields).status_code == 200
        return encoders.by_name["embedder"].requests[-1].inputs[0].tokens

    right = tokens(truncate=True)
    assert tokens(truncate=True, truncation_direction="Right") == right
    left = tokens(parameters={"truncate": True, "truncation_direction": "left"})
    assert len(left) == len(right) == 64
    assert left != right
    for path, inputs in (("sentence-similarity", SENTENCES | {"source_sentence": LONG}), ("text-classification", LONG)):
        refused = post(encoder_service, f"/pipeline/{path}", inputs=inputs)
        assert "at most 64 tokens" in refused.json()["error"]
        assert post(encoder_service, f"/pipeline/{path}", inputs=inputs, parameters={"truncate": True}).is_success


@pytest.mark.parametrize(
    ("task", "payload", "field"),
    [
        ("feature-extraction", {"inputs": []}, "inputs"),
        ("feature-extraction", {"inputs": ["a"] * 5}, "inputs"),
        ("feature-extraction", {"inputs": "a" * 1001}, "inputs"),
        ("feature-extraction", {"inputs": "a", "normalize": False}, "normalize"),
        ("feature-extraction", {"inputs": "a", "prompt_name": "other"}, "prompt_name"),
        ("feature-extraction", {"inputs": "a", "dimensions": 9}, "dimensions"),
        ("feature-extraction", {"inputs": "a", "encoding_format": "base64"}, "encoding_format"),
        ("feature-extraction", {"inputs": "a", "truncation_direction": "up"}, "truncation_direction"),
        ("feature-extraction", {"inputs": "a", "normalize": True, "parameters": {"truncate": True}}, "normalize"),
        ("sentence-similarity", {"inputs": "a"}, "inputs"),
        ("sentence-similarity", {"inputs": SENTENCES | {"sentences": []}}, "inputs.sentences"),
        ("sentence-similarity", {"inputs": SENTENCES | {"sentences": ["a"] * 5}}, "inputs.sentences"),
        ("sentence-similarity", {"inputs": SENTENCES | {"source_sentence": "a" * 1001}}, "inputs.source_sentence"),
        ("text-classification", {"inputs": []}, "inputs"),
        ("text-classification", {"inputs": ["a", {"text": "b", "text_pair": "c"}]}, "inputs"),
        ("text-classification", {"inputs": {"text": "a", "more": "b"}}, "inputs"),
        ("text-classification", {"inputs": {"text_pair": "a"}}, "inputs"),
        ("text-classification", {"inputs": [{"text": "a", "text_pair": "b"}] * 5}, "inputs"),
        ("text-classification", {"inputs": "a", "parameters": {"top_k": 0}}, "parameters.top_k"),
        ("text-classification", {"inputs": "a", "parameters": {"function_to_apply": "max"}}, "parameters.function_to"),
    ],
)
def test_what_cannot_be_served_is_refused(
    encoder_service: Scripted, task: str, payload: dict[str, Any], field: str
) -> None:
    answer = post(encoder_service, f"/pipeline/{task}", **payload)
    assert (answer.status_code, list(answer.json())) == (400, ["error", "error_type"])
    assert answer.json()["error"].startswith(field), answer.text


def test_an_unknown_task_is_404_with_the_known_ones(encoder_service: Scripted) -> None:
    for path in ("/pipeline/fill-mask", "/models/embedder/pipeline/fill-mask"):
        answer = post(encoder_service, path, inputs="a")
        assert answer.status_code == 404
        assert "sentence-similarity" in answer.json()["error"]
