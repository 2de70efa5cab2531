"""Every request in the engine has the tenant, the cache salt and the allowed priority of its key."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.engine.protocol.request import Request
from service.keys.key import Scope
from tests.api.keyed import Keyed, keyed_service
from tests.api.umlauts import Umlauts
from tests.keys.making import add_key, bearer

MESSAGES = [{"role": "user", "content": "x"}]
COPIED = "The cats are hopeless, and so are we."  # the script copies it, so it is translated a second time
CALLS: list[tuple[str, dict[str, Any], int]] = [  # with the least number of sequences that a call submits
    ("/v1/generate", {"prompt": "x"}, 1),
    ("/v1/generate", {"messages": MESSAGES}, 1),
    ("/v1/completions", {"prompt": ["x", "y"], "n": 2}, 4),
    ("/v1/chat/completions", {"messages": MESSAGES}, 1),
    ("/v1/translate", {"text": f"Good. {COPIED}", "source_lang": "en", "target_lang": "de"}, 3),
    ("/v1/translate", {"text": "Good.", "source_lang": "en", "target_lang": "de", "alternatives": 2}, 3),
    ("/translate", {"q": [COPIED, "Good."], "source": "en", "target": "de", "alternatives": 1}, 5),
    ("/v2/translate", {"text": [COPIED], "target_lang": "DE", "source_lang": "EN"}, 2),
    ("/", {"inputs": COPIED, "parameters": {"src_lang": "en", "tgt_lang": "de"}}, 2),
    ("/v1/answer", {"question": "Who?"}, 1),
    ("/v1/answer", {"question": "Who?", "context": "She."}, 1),
    ("/v1/answer", {"question": "Who?", "context": "She.", "mode": "generative"}, 1),
    ("/", {"inputs": {"question": "Who?", "context": "She."}}, 1),
]
WITH_PRIORITY = [call for call in CALLS if call[0].startswith("/v1/")]


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    directory = tmp_path_factory.mktemp("keys")
    limits = {"urgent": -5, "later": 7, "other": 0}
    secrets = {name: add_key(directory / "keys.json", name, priority=limit) for name, limit in limits.items()}
    with keyed_service(directory, Umlauts()) as keyed:
        keyed.secrets.update(secrets)
        yield keyed


def submitted(keyed: Keyed, name: str, path: str, **body: Any) -> list[Request]:
    """The requests that a call submits. The script extracts no answers, so such a call may fail later with 500."""
    keyed.service.engine.requests.clear()
    answer = keyed.service.http.post(path, json=body, headers=bearer(keyed.secrets[name]))
    assert answer.status_code in {200, 500}
    return list(keyed.service.engine.requests)


@pytest.mark.parametrize(("path", "body", "count"), CALLS)
def test_requests_have_the_tenant_salt_and_priority_of_the_key(
    keyed: Keyed, path: str, body: dict[str, Any], count: int
) -> None:
    salts = {}
    for name, priority in (("urgent", 0), ("later", 7), ("other", 0)):
        requests = submitted(keyed, name, path, **body)
        assert len(requests) >= count
        assert {request.tenant for request in requests} == {name}
        assert {request.priority for request in requests} == {priority}
        [salts[name]] = {request.cache_salt for request in requests}
    assert len(set(salts.values()) | {""}) == 4


@pytest.mark.parametrize(("path", "body", "count"), WITH_PRIORITY)
def test_a_request_may_add_a_salt_and_lower_its_priority(
    keyed: Keyed, path: str, body: dict[str, Any], count: int
) -> None:
    requests = submitted(keyed, "urgent", path, **body | {"priority": -5, "cache_salt": "pepper"})
    assert len(requests) >= count
    assert {request.priority for request in requests} == {-5}
    [peppered] = {request.cache_salt for request in requests}
    [plain] = {request.cache_salt for request in submitted(keyed, "urgent", path, **body | {"cache_salt": None})}
    [others] = {r.cache_salt for r in submitted(keyed, "other", path, **body | {"cache_salt": "pepper"})}
    [forged] = {r.cache_salt for r in submitted(keyed, "other", path, **body | {"cache_salt": plain})}
    assert len({peppered, plain, others, forged}) == 4
    for name, limit in (("urgent", -5), ("later", 7), ("other", 0)):
        refused = keyed.service.http.post(
            path, json=body | {"priority": limit - 1}, headers=bearer(keyed.secrets[name])
        )
        assert (refused.status_code, refused.json()["error"]["param"]) == (403, "priority")
        assert f"{limit - 1} is more urgent than the {limit} " in refused.text


def test_translated_characters_are_counted_for_each_key(keyed: Keyed) -> None:
    def used(name: str) -> int:
        answer = keyed.service.http.get("/v2/usage", headers=bearer(keyed.secrets[name]))
        return int(answer.json()["character_count"])

    before, others = used(Scope.TRANSLATE), used("other")
    body = {"text": ["Good."], "target_lang": "DE"}
    assert keyed.service.http.post("/v2/translate", json=body, headers=bearer(keyed.secrets["translate"])).is_success
    assert (used(Scope.TRANSLATE), used("other")) == (before + 5, others)
