"""What ``/playground`` answers, and ``/`` to browsers and to programs."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import service.playground
from service.api.playground.accept import prefers_html
from tests.api.keyed import keyed_service
from tests.api.raw_http import connection, read_until
from tests.api.scripted import Scripted, scripted_service

FILES = Path(service.playground.__file__).parent
ASSETS = sorted(path.relative_to(FILES).as_posix() for path in FILES.glob("*/*") if path.suffix != ".pyc")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture(scope="module")
def hello() -> Iterator[Scripted]:
    with scripted_service() as service:
        yield service


def test_every_file_is_served_under_the_policy_and_named_by_its_content(hello: Scripted) -> None:
    assert len(ASSETS) > 20
    tags = set()
    for path in ("/playground", *(f"/playground/assets/{name}" for name in ASSETS)):
        answer = hello.http.get(path)
        assert answer.status_code == 200, path
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        nothing = ("default-src", "form-action", "frame-ancestors", "base-uri", "trusted-types")
        assert {policy[name] for name in nothing} == {"'none'"}
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert "unsafe" not in str(policy)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-cache"
        types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        assert answer.headers["content-type"].startswith(types.get(Path(path).suffix, "text/html"))
        tags.add(answer.headers["etag"])
    assert len(tags) == len(ASSETS) + 1


def test_a_file_that_the_browser_has_is_not_sent_again(hello: Scripted) -> None:
    whole = hello.http.get("/playground")
    for tags in (whole.headers["etag"], f'"x", W/{whole.headers["etag"]}', "*"):
        same = hello.http.get("/playground", headers={"if-none-match": tags})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", whole.headers["etag"])
    assert hello.http.get("/playground", headers={"if-none-match": '"x"'}).content == whole.content


def test_head_is_get_without_the_body(hello: Scripted) -> None:
    for path in ("/playground", "/playground/assets/core/main.js"):
        whole, head = hello.http.get(path), hello.http.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("etag", "content-length", "content-type", "content-security-policy"):
            assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    "name",
    [
        "core/none.js",
        "core/../../__init__.py",
        "../__init__.py",
        "..%2f__init__.py",
        "core/..%2f..%2fsettings%2fgroups.py",
        "%2e%2e/%2e%2e/settings/groups.py",
        "core//main.js",
        "core/main.js%00",
        "__pycache__/__init__.cpython-311.pyc",
        "index.html",
    ],
)
def test_no_name_leads_out_of_the_files(hello: Scripted, name: str) -> None:
    """Raw requests: a client would shorten the path."""
    with connection(hello.address) as sock:
        sock.sendall(f"GET /playground/assets/{name} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        assert read_until(sock, b"\r\n").split()[1] in {b"404", b"400"}


def test_a_browser_is_led_to_the_page_and_a_program_gets_the_health(hello: Scripted) -> None:
    led = hello.http.get("/", headers={"accept": BROWSER}, follow_redirects=False)
    assert (led.status_code, led.headers["location"], led.headers["vary"]) == (307, "playground", "accept")
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.5", ""):
        health = hello.http.get("/", headers={"accept": accept})
        assert (health.json(), health.headers["vary"]) == ({"status": "ok", "reason": ""}, "accept")
    assert hello.http.get("/", params={"model": "none"}).status_code == 404


@pytest.mark.parametrize(
    ("accept", "is_preferred"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("TEXT/HTML; Q=0.2", True),
        ("text/html;q=0.3, application/json;q=0.2", True),
        ("text/html;q=0.2, application/*;q=0.3", False),
        ("text/html;q=0", False),
        ("text/html;q=much", False),
        (";;q=,,", False),
        ("text/*", False),
    ],
)
def test_what_a_header_prefers(accept: str, is_preferred: bool) -> None:
    assert prefers_html(accept) == is_preferred


def test_the_files_need_no_key_but_nothing_else_is_open(tmp_path: Path) -> None:
    with keyed_service(tmp_path) as keyed, httpx.Client(base_url=keyed.service.url) as http:
        assert http.get("/playground").status_code == 200
        assert http.get("/playground/assets/core/main.js").status_code == 200
        assert http.get("/", headers={"accept": BROWSER}).status_code == 307
        for path in ("/playground/", "/playground/assets", "/playground/assets/core", "/playground/x", "/v1/models"):
            assert http.get(path).status_code == 401, path
        assert http.post("/playground").status_code == 401


def test_the_operator_can_switch_it_off() -> None:
    with scripted_service(playground=False) as service:
        assert service.http.get("/playground").status_code == 404
        assert service.http.get("/playground/assets/core/main.js").status_code == 404
        assert service.http.get("/", headers={"accept": BROWSER}).json()["status"] == "ok"


def test_the_page_and_its_files_name_each_other_relatively_and_no_other_host(hello: Scripted) -> None:
    """So the page works under a prefix."""
    page = hello.http.get("/playground").text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    for link in links:
        assert hello.http.get(f"/{link}").status_code == 200, link
    for name in ASSETS:
        text = (FILES / name).read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^'\"\s]+", text)) <= {"http://www.w3.org/2000/svg"}, name
        assert "innerHTML" not in text, name
        for imported in re.findall(r"(?:from|import) '([^']+)'", text):
            assert (FILES / name).parent.joinpath(imported).resolve().is_file(), (name, imported)


def test_both_languages_have_every_text() -> None:
    texts, translated = _texts("en"), _texts("zh")
    assert texts.keys() == translated.keys()
    for key, text in texts.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", translated[key])), key
    pattern = r"\b(?:t|tLabel|tTitle|tPlaceholder|label): '([\w.]+)'|(?:labelled|announce)\('([\w.]+)'"
    scripts = [(FILES / name).read_text(encoding="utf-8") for name in ASSETS if name != "core/dom.js"]
    assert {key for script in scripts for pair in re.findall(pattern, script) for key in pair if key} <= texts.keys()


def _texts(language: str) -> dict[str, str]:
    tables = [path.read_text(encoding="utf-8") for path in FILES.glob(f"text/{language}_*.js")]
    found = [re.match(r" +'?([\w.]+)'?: '(.*)',$", line) for table in tables for line in table.splitlines()]
    return {match[1]: match[2] for match in found if match}
