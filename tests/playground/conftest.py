"""One real service with keys on a small real model, and one browser, for all tests of the page."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model_store.types import LocalModel
from tests.keys.making import add_key, bearer
from tests.models_fixture import smollm2  # noqa: F401 - a fixture
from tests.playground.chromium import ARGUMENTS, NO_CHROMIUM, find_chromium
from tests.running_server import Server, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = ("--threads", "1", "--kv-cache-memory", "192MiB", "--max-num-seqs", "8")
SECONDS = 60  # that a slow machine may take for one step of a test


@pytest.fixture(scope="package")
def chromium() -> str:
    """The path of the browser."""
    path = find_chromium()
    if path is None:
        pytest.skip(NO_CHROMIUM)
    return path


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def playground_server(
    chromium: str,
    smollm2: LocalModel,  # noqa: F811 - the fixture
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """The models ``small`` and ``small-too``, an adapter of it. The client of the service sends the only key."""
    from service.models.contracts.lora import LinearShape
    from tests.models.lora.adapter_files import write_adapter  # it imports torch

    linears = {"model.layers.0.self_attn.q_proj": LinearShape(576, 576)}
    adapter = write_adapter(tmp_path_factory.mktemp("adapter"), linears)
    keys: Path = tmp_path_factory.mktemp("keys") / "keys.json"
    secret = add_key(keys, "person")
    names = ("--served-model-name", "small", "--adapter", f"small-too={adapter}")
    with running_server(smollm2.path, *names, *FLAGS, "--keys-file", str(keys)) as server:
        server.http.headers.update(bearer(secret))
        yield server


def key_of(server: Server) -> str:
    """The key that the client of the service sends."""
    return str(server.http.headers["authorization"]).split()[1]


def until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition of the service holds, which no event announces."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline


@contextmanager
def opened(
    browser: "Browser", server: Server, *, key: str = "", path: str = "/playground", **options: Any
) -> Iterator["Page"]:
    """The page in a context of its own. At its end nothing was wrong with it, and it asked no other host."""
    from playwright.sync_api import expect

    expect.set_options(timeout=SECONDS * 1000)
    context = browser.new_context(locale="en", **options)
    if key:
        context.add_init_script(f"sessionStorage.setItem('trivium.key', '{key}')")
    page = context.new_page()
    problems: list[str] = []
    hosts: set[str] = set()
    page.set_default_timeout(SECONDS * 1000)
    page.on("console", lambda message: problems.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(server.url + path)
    yield page
    context.close()
    assert [
        problem for problem in problems if "Failed to load resource" not in problem
    ] == []  # the browser reports refusals itself
    assert hosts == {f"127.0.0.1:{server.address[1]}"}


@pytest.fixture(scope="module")
def shared_page(browser: "Browser", playground_server: Server) -> Iterator["Page"]:
    """The page, with a key, for tests that each set what they need: it takes a while to load."""
    with opened(browser, playground_server, key=key_of(playground_server)) as page:
        yield page


@pytest.fixture
def page(browser: "Browser", playground_server: Server) -> Iterator["Page"]:
    """The page, with a key."""
    with opened(browser, playground_server, key=key_of(playground_server)) as page:
        yield page
