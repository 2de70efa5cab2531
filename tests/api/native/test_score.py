"""``POST /v1/score`` over a scripted cross-encoder and a scripted embedder."""

from typing import Any

import httpx
import pytest

from tests.api.scripted import Scripted

TEXTS = ["It rains.", "The café opens at eight in the evening."]


def post(service: Scripted, path: str = "/v1/score", **body: Any) -> httpx.Response:
    return service.http.post(path, json={"text_1": "When?", "text_2": TEXTS} | body)


@pytest.mark.parametrize("path", ["/v1/score", "/score"])
def test_a_text_is_scored_with_each_of_the_others(encoder_service: Scripted, path: str) -> None:
    answer = post(encoder_service, path).json()
    assert (answer["object"], answer["model"]) == ("list", "reranker")
    assert answer["id"].startswith("score-")
    assert [(each["index"], each["object"]) for each in answer["data"]] == [(0, "score"), (1, "score")]
    low, high = (each["score"] for each in answer["data"])
    assert 0 < low < high < 1
    assert answer["usage"]["prompt_tokens"] == answer["usage"]["total_tokens"] > 0


def test_texts_are_scored_one_by_one(encoder_service: Scripted) -> None:
    one = post(encoder_service, text_1="When?", text_2=TEXTS[1]).json()["data"]
    both = post(encoder_service, text_1=["Who?", "When?"], text_2=TEXTS).json()["data"]
    assert both[1]["score"] == one[0]["score"]


def test_logits_are_returned_without_the_activation(encoder_service: Scripted) -> None:
    scores = [each["score"] for each in post(encoder_service, use_activation=False).json()["data"]]
    assert scores == [-1.25 + 0.25 * round(4 * (scores[0] + 1.25)), scores[1]]
    assert min(scores) < 0


def test_an_embedder_scores_by_the_cosine(encoder_service: Scripted) -> None:
    answer = post(encoder_service, model="embedder", text_1=TEXTS, text_2=TEXTS).json()
    assert answer["model"] == "embedder"
    assert [each["score"] for each in answer["data"]] == pytest.approx([1, 1], abs=1e-6)


def test_long_texts_are_cut_if_asked_for(encoder_service: Scripted) -> None:
    long = "The lighthouse keeper is Ada Lund. " * 20
    for model in ("reranker", "embedder"):
        refused = post(encoder_service, model=model, text_2=long)
        assert refused.json()["error"]["code"] == "context_length_exceeded"
        assert post(encoder_service, model=model, text_2=long, truncate_prompt_tokens=-1).status_code == 200


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"text_1": ["a", "b", "c"]}, "text_1"),
        ({"text_1": []}, "text_1"),
        ({"text_2": []}, "text_2"),
        ({"text_2": [1]}, "text_2.0"),
        ({"text_2": ["a"] * 5}, "text_2"),
        ({"text_2": "a" * 1001}, "text_2"),
        ({"use_activation": False, "model": "embedder"}, "use_activation"),
        ({"truncate_prompt_tokens": 7}, "truncate_prompt_tokens"),
        ({"activation": False}, "activation"),
        ({"model": "org/tiny"}, "model"),
        ({"model": "classifier"}, "model"),
    ],
)
def test_what_cannot_be_scored_is_refused(encoder_service: Scripted, body: dict[str, Any], param: str) -> None:
    answer = post(encoder_service, **body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text


def test_an_unknown_model_is_404(encoder_service: Scripted) -> None:
    assert post(encoder_service, model="other").status_code == 404
