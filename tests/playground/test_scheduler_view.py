"""The live view in the page: it shows what runs, and costs nothing while nobody looks."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.playground.conftest import until
from tests.running_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

COLOURS = "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
STREAMS = 'trivium_requests_total{outcome="client_gone",reason=""}'


def test_sequences_blocks_and_steps_are_shown_while_they_run(page: "Page", playground_server: Server) -> None:
    page.get_by_role("tab", name="Scheduler").click()
    view = page.locator("#view-scheduler")
    body = {"prompt": "Once upon a time", "max_tokens": 1800, "ignore_eos": True, "stream": True}
    with ExitStack() as streams:  # long ones, so that a slow browser sees them too
        for _ in range(2):
            streams.enter_context(playground_server.http.stream("POST", "/v1/completions", json=body))
        expect(view.locator(".sequences li")).to_have_count(2)
        expect(view.locator(".sequences li").first).to_contain_text("of 1,800")
        expect(view.locator("engine-facts")).to_contain_text("ready")
        for name in ("Map of", "Chart of"):
            assert view.get_by_role("img", name=name).evaluate(COLOURS) > 4
        view.get_by_role("button", name="Send six prompts").click()
        view.get_by_role("button", name="Stop the prompts").click()
        expect(view.get_by_role("button", name="Send six prompts")).to_be_visible()
    expect(view.locator(".sequences li")).to_have_count(0)


def test_the_stream_ends_when_the_view_is_left_or_hidden(page: "Page", playground_server: Server) -> None:
    ended = playground_server.metric(STREAMS)
    page.get_by_role("tab", name="Scheduler").click()
    view = page.locator("#view-scheduler")
    expect(view.locator("engine-facts")).to_contain_text("ready")
    page.get_by_role("tab", name="Answer").click()
    until(lambda: playground_server.metric(STREAMS) == ended + 1)
    page.get_by_role("tab", name="Scheduler").click()
    expect(view.get_by_role("button", name="Stop watching")).to_be_visible()
    hide = (
        "(isHidden) => { Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    page.evaluate(hide, True)
    until(lambda: playground_server.metric(STREAMS) == ended + 2)
    page.evaluate(hide, False)
    expect(view.get_by_role("button", name="Stop watching")).to_be_visible()
