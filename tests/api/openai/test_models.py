"""``/v1/models``."""

from collections.abc import Iterator
from pathlib import Path

import anthropic
import httpx
import pytest
from anthropic import Anthropic
from openai import OpenAI

from tests.api.keyed import keyed_service
from tests.api.scripted import Scripted, scripted_service


@pytest.fixture
def claude(encoder_service: Scripted) -> Iterator[Anthropic]:
    with Anthropic(base_url=encoder_service.url, api_key="none", max_retries=0) as client:
        yield client


def test_models_with_the_official_client(hello: Scripted) -> None:
    with OpenAI(base_url=f"{hello.url}/v1", api_key="none") as client:
        (model,) = client.models.list().data
        assert (model.id, model.object, model.owned_by) == ("org/tiny", "model", "trivium")
        assert client.models.retrieve("org/tiny") == model
    assert hello.http.get("/v1/models/org%2Ftiny").json()["max_model_len"] == 10_000
    missing = hello.http.get("/v1/models/org/other")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


def test_served_name() -> None:
    with scripted_service(served_model_name="mine") as running:
        assert running.http.get("/v1/models").json()["data"][0]["id"] == "mine"
        for model, status in (("mine", 200), ("org/tiny", 404), ("tgi", 200), ("dummy", 200), (None, 200)):
            body = {"model": model, "prompt": "x"}
            assert running.http.post("/v1/completions", json=body).status_code == status


def test_anthropics_client_reads_its_own_shape(claude: Anthropic, encoder_service: Scripted) -> None:
    page = claude.models.list()
    assert (page.has_more, page.first_id, page.last_id) == (False, page.data[0].id, page.data[-1].id)
    assert page.data[0].to_dict(mode="json") == {
        "id": "org/tiny",
        "type": "model",
        "display_name": "org/tiny",
        "created_at": page.data[0].created_at.isoformat().replace("+00:00", "Z"),
        "max_input_tokens": 10_000,
        "max_tokens": 10_000,
        "lifecycle": "active",
        "capabilities": None,
        "line": None,
        "deprecated_at": None,
        "retires_at": None,
    }
    assert page.data[0].created_at.timestamp() == encoder_service.http.get("/v1/models").json()["data"][0]["created"]
    assert claude.models.retrieve("org/tiny") == page.data[0]
    assert {each.id for each in page} == {each["id"] for each in encoder_service.http.get("/v1/models").json()["data"]}
    assert list(claude.models.list(lifecycle=["retired"])) == []
    assert len(claude.models.list(lifecycle=["retired", "active"]).data) == len(page.data)


@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_anthropics_client_walks_through_the_pages(claude: Anthropic, limit: int) -> None:
    ids = [each.id for each in claude.models.list(limit=1000).data]
    assert len(ids) > 3
    assert [each.id for each in claude.models.list(limit=limit)] == ids
    backwards = list(claude.models.list(limit=limit, before_id=ids[-1]).iter_pages())
    assert [each.id for page in reversed(backwards) for each in page.data] == ids[:-1]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("after_id=x", "after_id"),
        ("before_id=x", "before_id"),
        ("after_id=x&before_id=x", "before_id"),
    ],
)
def test_a_page_that_there_is_not_is_refused(claude: Anthropic, query: str, param: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=param) as refused:
        claude.get(f"/v1/models?{query}", cast_to=httpx.Response)
    assert refused.value.type == "invalid_request_error"


def test_anthropics_client_reads_errors(claude: Anthropic, tmp_path: Path) -> None:
    with pytest.raises(anthropic.NotFoundError) as missing:
        claude.models.retrieve("claude-3")
    body = missing.value.body
    assert isinstance(body, dict)
    assert body.keys() == {"type", "error", "request_id"}
    assert (body["type"], body["error"]["type"]) == ("error", "not_found_error")
    assert "org/tiny" in body["error"]["message"]
    with (
        keyed_service(tmp_path) as keyed,
        Anthropic(base_url=keyed.service.url, api_key="none", max_retries=0) as client,
    ):
        with pytest.raises(anthropic.AuthenticationError) as unknown:
            client.models.list()
        assert unknown.value.type == "authentication_error"
