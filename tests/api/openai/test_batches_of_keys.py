"""Whose files and batches are whose, and what lines cost their key."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from service.api.background import Background
from service.api.limits.admissions import Admissions
from service.api.openai.batches.lines import Lines
from service.batches.results import LineRequest
from service.keys.authenticator import open_authenticator
from service.keys.key import digest
from tests.api.keyed import Keyed, keyed_service
from tests.api.openai.batching import CHAT, EMBEDDINGS, begin, ended, jsonl, line, results, upload
from tests.keys.making import add_key, bearer


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batches")


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory, directory: Path) -> Iterator[Keyed]:
    keys = tmp_path_factory.mktemp("keys")
    secrets = {name: add_key(keys / "keys.json", name) for name in ("mine", "yours")}
    secrets["poor"] = add_key(keys / "keys.json", "poor", tokens_per_minute=1000)
    with keyed_service(keys, batches_dir=directory) as keyed:
        keyed.secrets.update(secrets)
        yield keyed


def client_of(keyed: Keyed, name: str) -> OpenAI:
    return OpenAI(base_url=f"{keyed.service.url}/v1", api_key=keyed.secrets[name], max_retries=0)


def test_only_the_key_that_made_them_finds_them(keyed: Keyed) -> None:
    with client_of(keyed, "mine") as mine, client_of(keyed, "yours") as yours:
        batch = ended(mine, begin(mine, [line("a")]).id)
        assert keyed.service.engine.requests[-1].tenant == "mine"
        for id in (batch.input_file_id, str(batch.output_file_id)):
            for ask in (yours.files.retrieve, yours.files.content, yours.files.delete):
                with pytest.raises(openai.NotFoundError):
                    ask(id)
        for ask_batch in (yours.batches.retrieve, yours.batches.cancel):
            with pytest.raises(openai.NotFoundError):
                ask_batch(batch.id)
        with pytest.raises(openai.NotFoundError):
            yours.batches.create(
                input_file_id=batch.input_file_id, endpoint="/v1/chat/completions", completion_window="24h"
            )
        assert list(yours.files.list()) == list(yours.batches.list()) == []
        with pytest.raises(openai.BadRequestError):
            yours.files.list(after=batch.input_file_id)
        assert mine.files.retrieve(batch.input_file_id).filename == "requests.jsonl"


def test_a_key_needs_the_scope_of_the_endpoint(keyed: Keyed) -> None:
    with client_of(keyed, "generate") as client:
        assert ended(client, begin(client, [line("a")]).id).status == "completed"
        with pytest.raises(openai.PermissionDeniedError, match="embed"):
            begin(client, [line("a", {"input": "x"}, EMBEDDINGS)], EMBEDDINGS)
    with client_of(keyed, "embed") as client, pytest.raises(openai.PermissionDeniedError, match="generate"):
        begin(client, [line("a")])
    with client_of(keyed, "translate") as client, pytest.raises(openai.PermissionDeniedError):
        client.files.list()


def test_nothing_of_a_key_is_on_the_disk(keyed: Keyed, directory: Path) -> None:
    with client_of(keyed, "mine") as mine:
        ended(mine, begin(mine, [line("a")]).id)
    stored = b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
    assert b"Say a." in stored
    authenticator = open_authenticator(keyed.path)
    assert authenticator is not None
    caller = authenticator.authenticate(keyed.secrets["mine"])
    assert caller.owner.encode() in stored
    for word in (keyed.secrets["mine"], digest(keyed.secrets["mine"]), caller.salt):
        assert word.encode() not in stored


def test_a_key_that_is_gone_computes_nothing(keyed: Keyed) -> None:
    lines = Lines(keyed.service.app, Background(open_authenticator(keyed.path), Admissions(1)))
    for owner in ("", "0" * 32):
        answer = asyncio.run(lines.compute(LineRequest(owner=owner, endpoint=CHAT, body=b"{}")))
        assert (answer.status, answer.retry_after) == (401, None)
        assert b"not valid any more" in answer.body


def test_lines_wait_while_the_key_has_few_tokens(keyed: Keyed) -> None:
    authenticator = open_authenticator(keyed.path)
    assert authenticator is not None
    poor = authenticator.authenticate(keyed.secrets["poor"])
    assert poor.limits.tokens is not None
    lines = Lines(keyed.service.app, Background(authenticator, Admissions(1)))
    request = LineRequest(owner=poor.owner, endpoint=CHAT, body=jsonl([line("a")["body"]]))
    poor.limits.tokens.try_consume(600)
    before = len(keyed.service.engine.requests)
    answer = asyncio.run(lines.compute(request))
    assert answer.status == 429
    assert answer.retry_after == pytest.approx(6, abs=1)  # 100 tokens are missing, 1000 come in a minute
    assert len(keyed.service.engine.requests) == before


def test_lines_are_charged_to_their_key_and_are_no_requests_of_it(keyed: Keyed) -> None:
    with client_of(keyed, "poor") as client:
        done = ended(client, begin(client, [line("a"), line("b")]).id)
        assert set(results(client, done.output_file_id)) == {"a", "b"}
        answer = keyed.service.http.get("/v1/batches", headers=bearer(keyed.secrets["poor"]))
        used = 1000 - int(answer.headers["x-ratelimit-remaining-tokens"])
        assert done.usage is not None
        assert 0 < used <= done.usage.total_tokens


def test_a_line_that_can_never_be_afforded_is_refused(keyed: Keyed) -> None:
    body = line("a")["body"] | {"max_tokens": 2000}
    with client_of(keyed, "poor") as client:
        done = ended(client, begin(client, [line("a", body)]).id)
        error = results(client, done.error_file_id)["a"]["response"]
        assert (error["status_code"], error["body"]["error"]["code"]) == (400, "too_many_tokens")
        assert upload(client, [])
