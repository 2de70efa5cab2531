"""The page as a person uses it: generation, with the probability of every token."""

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.playground.conftest import until
from tests.running_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_every_token_is_shown_with_its_probability(page: "Page") -> None:
    page.get_by_label("The input is").select_option("a text to continue")
    page.get_by_label("Input", exact=True).fill("The capital of France is")
    page.get_by_label("Most tokens").fill("8")
    page.get_by_label("Temperature").fill("0")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("usage-line")).to_contain_text("8 generated")
    expect(page.locator("usage-line")).to_contain_text("ended at the length limit")
    expect(page.get_by_role("status")).to_have_text("Done.")
    tokens = page.get_by_role("listbox", name="Tokens").get_by_role("option")
    expect(tokens).to_have_count(8)
    tokens.nth(1).hover()
    card = page.locator("token-card")
    expect(card).to_contain_text("token 2 of 8")
    expect(card.get_by_role("listitem")).to_have_count(5)
    assert re.search(r"\d ?%", card.inner_text())
    tokens.first.focus()
    expect(card).to_contain_text("token 1 of 8")
    page.keyboard.press("End")
    expect(card).to_contain_text("token 8 of 8")
    page.keyboard.press("ArrowLeft")
    expect(tokens.nth(6)).to_be_focused()
    expect(card).to_contain_text("token 7 of 8")


def test_the_stop_button_ends_the_request(page: "Page", playground_server: Server) -> None:
    gone = 'trivium_requests_total{outcome="client_gone",reason=""}'
    before = playground_server.metric(gone)
    page.get_by_label("Most tokens").fill("7000")
    page.get_by_text("More sampling").click()
    page.get_by_label("Least tokens").fill("7000")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".token").nth(3)).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("usage-line")).to_contain_text("stopped")
    expect(page.get_by_role("button", name="Generate")).to_be_visible()
    until(lambda: playground_server.metric(gone) == before + 1)
    until(lambda: playground_server.metric("trivium_sequences_running") == 0)


def test_what_the_service_refuses_is_shown_in_its_words(page: "Page") -> None:
    page.get_by_label("Temperature").fill("9")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("alert").filter(has_text="temperature")).to_be_visible()


def test_text_is_never_markup(page: "Page") -> None:
    page.get_by_label("The input is").select_option("a text to continue")
    page.get_by_label("Input", exact=True).fill("<img src=x onerror=alert(1)> <img src=x onerror=alert(1)> <img")
    page.get_by_label("Most tokens").fill("8")
    page.get_by_label("Temperature").fill("0")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("usage-line")).to_contain_text("8 generated")
    assert page.locator(".tokens img").count() == 0


def test_several_models_answer_side_by_side(page: "Page") -> None:
    page.get_by_role("checkbox", name="small-too").check()
    page.get_by_label("Most tokens").fill("6")
    page.get_by_role("button", name="Generate").click()
    columns = page.locator("generation-column")
    expect(columns).to_have_count(2)
    for column, name in zip(columns.all(), ("small", "small-too"), strict=True):
        expect(column.get_by_role("heading")).to_have_text(name)
        expect(column.locator("usage-line")).to_contain_text("ended at the length limit")
        expect(column.locator(".token")).to_have_count(6)
    page.get_by_role("checkbox", name="small-too").uncheck()
    page.get_by_role("checkbox", name="small", exact=True).uncheck()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#view-generate error-note").first).to_have_text("Choose a model.")
