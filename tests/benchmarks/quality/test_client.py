"""The client reports failures, and fields that the server ignored."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from benchmarks.quality.client import QualityClient
from tests.api.scripted import served


def test_failures_and_ignored_fields_are_reported() -> None:
    app = FastAPI()

    @app.post("/v1/answer")
    async def answer(request: Request) -> Response:
        question = (await request.json())["question"]
        if question == "fail":
            return JSONResponse({"error": "no"}, 400)
        ignored = {"x-ignored-params": "mode"} if question == "ignore" else {}
        return JSONResponse({"answer": question}, headers=ignored)

    with served(app) as ((host, port), _):
        client = QualityClient(f"http://{host}:{port}", 2)
        bodies = [{"question": question} for question in ("a", "fail", "ignore", "b")]
        replies = client.post("/v1/answer", bodies).replies
    assert [reply.body.get("answer") for reply in replies] == ["a", None, None, "b"]
    assert [reply.error for reply in replies] == ["", '400 {"error":"no"}', "the server ignored mode", ""]
    assert QualityClient("http://127.0.0.1:9", 2).post("/", [{}]).replies[0].error.startswith("ConnectError")
