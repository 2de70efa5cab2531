"""``/v1/models``."""

from openai import OpenAI

from tests.api.scripted import Scripted, scripted_service


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
