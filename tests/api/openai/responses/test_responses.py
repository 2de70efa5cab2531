"""``/v1/responses`` over scripted texts: the items of an answer, the events of a stream, and what is kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.api.keyed import keyed_service
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS, byte_library
from tests.keys.making import bearer

CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
THINKS = f"<think>\nIt is cold.\n</think>\n\nLet me see.\n{CALL}\n" + CALL.replace("Oslo", "Bern")
TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {% if m.reasoning_content %}({{ m.reasoning_content }}){% endif %}"
    "{{ m.content }}\n{% endfor %}assistant: {# </think> #}"
)
_EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


def scripted(text: str) -> ScriptedEngine:
    engine = ScriptedEngine(text=text)
    engine.tokenizer = Tokenizer(byte_library(), eos_token_ids=[EOS], chat_template=ChatTemplate(TEMPLATE, {}))
    return engine


@pytest.fixture(scope="module")
def thinker() -> Iterator[Scripted]:
    """A model that thinks, speaks and calls twice."""
    with scripted_service(scripted(THINKS)) as service:
        yield service


def client_of(service: Scripted, key: str = "x") -> OpenAI:
    return OpenAI(base_url=f"{service.url}/v1", api_key=key, max_retries=0)


def create(service: Scripted, **body: Any) -> dict[str, Any]:
    """The response, in which the official client's types find every field that they require."""
    answer = service.http.post("/v1/responses", json={"input": "Hi"} | body)
    assert answer.status_code == 200, answer.text
    Response.model_validate_json(answer.text, strict=True)
    response: dict[str, Any] = answer.json()
    return response


def stream(service: Scripted, **body: Any) -> list[dict[str, Any]]:
    """The events of a stream. Their names are their types, and their numbers rise by one."""
    answer = service.http.post("/v1/responses", json={"input": "Hi", "stream": True} | body)
    *blocks, rest = answer.text.split("\n\n")
    assert rest == ""
    events = []
    for number, block in enumerate(blocks):
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert (name, event["sequence_number"]) == (f"event: {event['type']}", number)
        _EVENT.validate_python(event)
        events.append(event)
    return events


def prompt(service: Scripted) -> str:
    return service.engine.tokenizer.decode(service.engine.requests[-1].prompt)


def without_ids(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in item.items() if key not in {"id", "call_id"}} for item in items]


def test_a_text(hello: Scripted) -> None:
    response = create(hello, instructions="Be brief.", metadata={"a": "b"}, user="me", prompt_cache_key="k")
    assert response["id"].startswith("resp_")
    assert (response["status"], response["error"], response["incomplete_details"]) == ("completed", None, None)
    assert without_ids(response["output"]) == [
        {
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
        }
    ]
    assert prompt(hello) == "system: Be brief.\nuser: Hi\nassistant: "
    assert response["usage"] == {
        "input_tokens": len(prompt(hello)),
        "input_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 0},
        "output_tokens": 6,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": len(prompt(hello)) + 6,
    }
    echoed = ("instructions", "metadata", "user", "prompt_cache_key", "temperature", "top_p", "store", "model")
    assert [response[name] for name in echoed] == ["Be brief.", {"a": "b"}, "me", "k", 1.0, 1.0, True, "org/tiny"]


def test_the_events_of_a_text(hello: Scripted) -> None:
    created, began, added, part, *deltas, done, part_done, item_done, completed = stream(hello)
    assert (created["type"], began["type"]) == ("response.created", "response.in_progress")
    assert (created["response"]["status"], created["response"]["output"]) == ("in_progress", [])
    assert (added["type"], added["item"]["status"], added["item"]["content"]) == (
        "response.output_item.added",
        "in_progress",
        [],
    )
    assert (part["type"], part["part"]["text"]) == ("response.content_part.added", "")
    assert {event["type"] for event in deltas} == {"response.output_text.delta"}
    assert "".join(event["delta"] for event in deltas) == done["text"] == part_done["part"]["text"] == "Hello"
    assert (done["type"], part_done["type"]) == ("response.output_text.done", "response.content_part.done")
    assert (item_done["type"], completed["type"]) == ("response.output_item.done", "response.completed")
    assert completed["response"]["output"] == [item_done["item"]]
    assert {event["item_id"] for event in (part, *deltas, done, part_done)} == {item_done["item"]["id"]}
    assert completed["response"]["usage"]["output_tokens"] == 6


def test_thoughts_a_text_and_calls(thinker: Scripted) -> None:
    response = create(thinker, tools=[TOOL])
    thoughts, message, *calls = response["output"]
    assert (thoughts["type"], thoughts["summary"]) == ("reasoning", [])
    assert thoughts["content"] == [{"type": "reasoning_text", "text": "It is cold."}]
    assert message["content"][0]["text"] == "Let me see."
    assert [(call["type"], call["name"], call["arguments"], call["status"]) for call in calls] == [
        ("function_call", "get_weather", f'{{"city": "{city}"}}', "completed") for city in ("Oslo", "Bern")
    ]
    assert len({item["id"] for item in response["output"]} | {call["call_id"] for call in calls}) == 6
    assert response["usage"]["output_tokens_details"]["reasoning_tokens"] == len("\nIt is cold.\n</think>")
    assert response["tools"] == [TOOL | {"description": None, "strict": True}]


def test_a_stream_adds_up_to_the_whole_answer(thinker: Scripted) -> None:
    events = stream(thinker, tools=[TOOL])
    whole = create(thinker, tools=[TOOL])
    last = events[-1]["response"]
    assert without_ids(last["output"]) == without_ids(whole["output"])
    assert last["output"] == [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [event["output_index"] for event in events if event["type"].endswith("item.added")] == [0, 1, 2, 3]
    for index, name in enumerate(["reasoning_text", "output_text", *["function_call_arguments"] * 2]):
        mine = [event for event in events if event.get("output_index") == index]
        deltas = "".join(event["delta"] for event in mine if event["type"] == f"response.{name}.delta")
        [done] = [event for event in mine if event["type"] == f"response.{name}.done"]
        assert deltas == done["arguments" if index > 1 else "text"] != ""
        assert mine[0]["type"] == "response.output_item.added"
        assert mine[-1]["type"] == "response.output_item.done"


@pytest.mark.parametrize("tokens", [3, 30, 50, 90, 130])
def test_a_cut_answer_is_incomplete(thinker: Scripted, tokens: int) -> None:
    response = create(thinker, tools=[TOOL], max_output_tokens=tokens)
    events = stream(thinker, tools=[TOOL], max_output_tokens=tokens)
    assert events[-1]["type"] == "response.incomplete"
    for each in (response, events[-1]["response"]):
        assert (each["status"], each["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
        assert each["completed_at"] is None
        *ended, cut = [item["status"] for item in each["output"]] or ["incomplete"]
        assert set(ended) <= {"completed"}
        assert cut == "incomplete"
    assert without_ids(events[-1]["response"]["output"]) == without_ids(response["output"])


def test_a_model_that_says_nothing_answers_with_an_empty_message() -> None:
    with scripted_service(scripted("")) as service:
        [item] = create(service)["output"]
        assert item["content"][0]["text"] == ""
        assert stream(service)[-1]["response"]["output"][0]["type"] == "message"


def test_log_probabilities_are_those_of_the_text(thinker: Scripted) -> None:
    fields = {"include": ["message.output_text.logprobs"], "top_logprobs": 2, "tools": [TOOL]}
    message = create(thinker, **fields)["output"][1]
    logprobs = message["content"][0]["logprobs"]
    assert bytes(byte for each in logprobs for byte in each["bytes"]).decode().strip() == "Let me see."
    assert [len(each["top_logprobs"]) for each in logprobs] == [2] * len(logprobs)
    deltas = [event for event in stream(thinker, **fields) if event["type"] == "response.output_text.delta"]
    assert [each for event in deltas for each in event["logprobs"]] == logprobs


@pytest.mark.parametrize("fails", [{"fails_at": 2}, {"breaks_at": 2}])
def test_a_failure_is_an_error_and_a_failed_response(fails: dict[str, Any]) -> None:
    with scripted_service(ScriptedEngine(**fails)) as service:
        *begun, error, text_done, part_done, item_done, failed = stream(service)
        assert [event["type"] for event in begun[:3]] == [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
        ]
        assert (error["type"], error["message"]) == ("error", "The service failed on this request")
        assert [event["type"].rpartition(".")[2] for event in (text_done, part_done, item_done)] == ["done"] * 3
        assert failed["type"] == "response.failed"
        assert failed["response"]["status"] == "failed"
        assert failed["response"]["error"]["code"] == "server_error"
        assert failed["response"]["output"][0]["status"] == "incomplete"
        assert service.http.get(f"/v1/responses/{failed['response']['id']}").status_code == 404
        assert service.http.post("/v1/responses", json={"input": "x"}).status_code == 500
        assert "secret" not in json.dumps(failed)


def test_a_failure_before_the_model_is_loaded_begins_with_created() -> None:
    engine = ScriptedEngine(loads_at_once=False)
    with scripted_service(engine, load="demand", load_timeout=0.2) as service:
        types = [event["type"] for event in stream(service)]
        assert types == ["response.created", "response.in_progress", "error", "response.failed"]


def test_a_response_is_continued(thinker: Scripted) -> None:
    first = create(thinker, input="Weather?", instructions="Be brief.", tools=[TOOL])
    calls = [item["call_id"] for item in first["output"] if item["type"] == "function_call"]
    results = [{"type": "function_call_output", "call_id": id, "output": f"snow {i}"} for i, id in enumerate(calls)]
    second = create(thinker, input=results, previous_response_id=first["id"], tools=[TOOL])
    assert second["previous_response_id"] == first["id"]
    continued = prompt(thinker)
    assert "Be brief." not in continued  # instructions are those of one request
    assert "user: Weather?\nassistant: (It is cold.)Let me see." in continued
    assert continued.count("snow") == 2
    explicit = [{"role": "user", "content": "Weather?"}, *first["output"], *results]
    create(thinker, input=explicit, tools=[TOOL], store=False)
    assert prompt(thinker) == continued
    references = [{"id": item["id"]} for item in first["output"]]
    create(thinker, input=[{"role": "user", "content": "Weather?"}, *references, *results], tools=[TOOL])
    assert prompt(thinker) == continued
    create(thinker, input="And now?", previous_response_id=second["id"])
    assert "user: Weather?\nassistant: (It is cold.)Let me see." in prompt(thinker)
    assert prompt(thinker).endswith("user: And now?\nassistant: ")


def test_thoughts_are_sent_back_to_the_model() -> None:
    with scripted_service(scripted("<think>It is cold.</think>Snow.")) as service:
        first = create(service)
        continued = "user: Hi\nassistant: (It is cold.)Snow.\nuser: Why?\nassistant: "
        create(service, input="Why?", previous_response_id=first["id"])
        assert prompt(service) == continued
        thoughts = first["output"][0] | {"content": None, "summary": [{"type": "summary_text", "text": "It is cold."}]}
        question = {
            "role": "user",
            "content": [{"type": "input_text", "text": "Why"}, {"type": "input_text", "text": "?"}],
        }
        create(service, input=[{"role": "user", "content": "Hi"}, thoughts, first["output"][1], question], store=False)
        assert prompt(service) == continued


def test_stored_responses_are_found_listed_and_deleted(hello: Scripted) -> None:
    client = client_of(hello)
    items: list[Any] = [{"role": "user", "content": str(number)} for number in range(5)]
    created = client.responses.create(model="org/tiny", input=items)
    assert client.responses.retrieve(created.id) == created
    listed: list[Any] = list(client.responses.input_items.list(created.id, order="asc", limit=2))
    assert [item.content[0].text for item in listed] == ["0", "1", "2", "3", "4"]
    newest: Any = client.responses.input_items.list(created.id, limit=2)
    assert [item.content[0].text for item in newest.data] == ["4", "3"]
    assert newest.has_more
    with pytest.raises(openai.BadRequestError):
        client.responses.input_items.list(created.id, after="nothing")
    with pytest.raises(openai.BadRequestError, match="background"):
        client.responses.cancel(created.id)
    client.responses.delete(created.id)
    for call in (client.responses.retrieve, client.responses.delete, client.responses.cancel):
        with pytest.raises(openai.NotFoundError):
            call(created.id)
    with pytest.raises(openai.BadRequestError) as gone:
        client.responses.create(model="org/tiny", input="x", previous_response_id=created.id)
    assert (gone.value.code, gone.value.param) == ("previous_response_not_found", "previous_response_id")


def test_what_is_not_to_be_stored_is_not_kept(hello: Scripted) -> None:
    response = create(hello, store=False)
    assert response["store"] is False
    assert hello.http.get(f"/v1/responses/{response['id']}").status_code == 404
    with scripted_service(max_stored_responses=0) as service:
        response = create(service)
        assert response["store"] is False
        assert service.http.get(f"/v1/responses/{response['id']}").status_code == 404
        refused = service.http.post("/v1/responses", json={"input": "x", "store": True})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "store")


def test_the_oldest_are_forgotten() -> None:
    with scripted_service(max_stored_responses=2) as service:
        ids = [create(service)["id"] for _ in range(3)]
        assert [service.http.get(f"/v1/responses/{id}").status_code for id in ids] == [404, 200, 200]


def test_another_key_finds_nothing(tmp_path: Path) -> None:
    with keyed_service(tmp_path) as keyed:
        http = keyed.service.http
        mine = bearer(keyed.secrets["generate"])
        other = bearer(keyed.secrets["admin"])
        body = {"input": "x"}
        created = http.post("/v1/responses", json=body, headers=mine).json()
        [item] = created["output"]
        path = f"/v1/responses/{created['id']}"
        for method, url in (("GET", path), ("DELETE", path), ("GET", f"{path}/input_items")):
            assert http.request(method, url, headers=other).status_code == 404
        continued = body | {"previous_response_id": created["id"]}
        assert http.post("/v1/responses", json=continued, headers=other).status_code == 400
        assert http.post("/v1/responses", json=continued, headers=mine).status_code == 200
        referring = {"input": [{"type": "item_reference", "id": item["id"]}]}
        assert http.post("/v1/responses", json=referring, headers=other).status_code == 404
        assert http.post("/v1/responses", json=referring, headers=mine).status_code == 200
        assert http.delete(path, headers=mine).json() == {"id": created["id"], "object": "response", "deleted": True}


def test_tokens_are_counted(hello: Scripted) -> None:
    counted = client_of(hello).responses.input_tokens.count(model="org/tiny", input="Hi", instructions="Be brief.")
    assert counted.input_tokens == create(hello, instructions="Be brief.")["usage"]["input_tokens"]
