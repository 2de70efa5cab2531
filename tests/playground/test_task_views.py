"""The page as a person uses it: chat with tools, translation of texts and files, and answers."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.usefixtures("playground_server")  # which one worker starts, for all files that name it

BRIDGE = "The old bridge was built in 1894 and painted red in 1921."


@pytest.fixture
def page(shared_page: "Page") -> "Page":
    """One page for all tests here: each sets what it needs in its own view."""
    return shared_page


def test_a_call_of_a_tool_gets_its_result_and_the_turn_goes_on(page: "Page") -> None:
    page.get_by_role("tab", name="Chat").click()
    page.locator("#view-chat").get_by_label("Most tokens").fill("64")
    page.locator("[name=tool_choice]").select_option("required")
    page.get_by_label("Message", exact=True).fill("Compute 17 * 23.")
    page.get_by_role("button", name="Send").click()
    turns = page.get_by_role("list", name="Conversation").get_by_role("listitem")
    result = page.get_by_label("Result for the model")
    expect(result).to_be_visible()
    expect(turns).to_have_count(2)
    expect(turns.nth(0)).to_contain_text("Compute 17 * 23.")
    assert re.search(r"calculator|get_weather", turns.nth(1).inner_text())
    result.fill("391")
    page.get_by_role("button", name="Give the results").click()
    expect(turns).to_have_count(3)
    expect(page.get_by_role("status")).to_have_text("Done.")
    expect(page.locator("#view-chat error-note")).to_be_empty()
    page.get_by_role("button", name="New conversation").click()
    expect(turns).to_have_count(0)


def test_the_page_computes_arithmetic_without_running_it(page: "Page") -> None:
    calculate = """async (expression) => {
      const { calculate } = await import(new URL('playground/assets/core/calculator.js', document.baseURI));
      try { return calculate(expression); } catch (error) { return 'no'; }
    }"""
    values = {"17 * 23": 391, "2 ^ 3 ^ 2": 512, "-(1 + 2) / 4": -0.75, "2 - 3 - 4": -5, "-2^2": -4}
    assert {expression: page.evaluate(calculate, expression) for expression in values} == values
    for expression in ("", "alert(1)", "1 +", "(1", "1 2", "1;2"):
        assert page.evaluate(calculate, expression) == "no"


def test_a_translation_stands_beside_its_source_with_its_marks(page: "Page") -> None:
    page.get_by_role("tab", name="Translate").click()
    view = page.locator("#view-translate")
    view.locator("[name=source_lang]").select_option("en")
    view.locator("[name=target_lang]").select_option("fr")
    view.locator("[name=text]").fill("<p>Hello, <b>{name}</b>! 你好 🙂.</p>\n<p>The train is late.</p>")
    view.get_by_role("button", name="Translate", exact=True).click()
    rows = view.locator(".segments tbody tr")
    expect(rows.first).to_contain_text("Hello, <b>{name}</b>!")
    expect(rows.last.get_by_role("cell").first).to_have_text("The train is late.")  # its place is in characters
    expect(rows.first.get_by_role("meter")).to_be_visible()
    source, translation = rows.first.get_by_role("cell").nth(0), rows.first.get_by_role("cell").nth(1)
    expect(translation.locator("mark", has_text="{name}")).to_have_count(1)
    source.locator("mark", has_text="{name}").hover()
    expect(translation.locator("mark.lit")).to_have_text("{name}")


def test_a_file_is_translated_and_can_be_saved(page: "Page") -> None:
    page.get_by_role("tab", name="Translate").click()
    panel = page.get_by_role("group", name="Translate a file")
    panel.get_by_role("button", name="Upload").click()
    expect(panel.get_by_role("alert")).to_have_text("Choose a file first.")
    content = b"The doctor is here.\n\nShe found a coat.\n"
    panel.locator("input").set_input_files({"name": "note.txt", "mimeType": "text/plain", "buffer": content})
    panel.get_by_role("button", name="Upload").click()
    expect(panel).to_contain_text("done: 2 sentences")
    assert panel.get_by_role("progressbar").get_attribute("value") == "2"
    with page.expect_download() as download:
        panel.get_by_role("link", name="Save note.fr.txt").click()
    assert download.value.suggested_filename == "note.fr.txt"
    assert download.value.path().read_bytes().count(b"\n") == content.count(b"\n")


def test_an_answer_is_marked_in_its_passage(page: "Page") -> None:
    page.get_by_role("tab", name="Answer").click()
    view = page.locator("#view-answer")
    view.get_by_label("Question").fill("When was the bridge built?")
    view.get_by_label("Passage 1").fill("🙂 Two rivers meet near Arlen.")
    view.get_by_role("button", name="Add a passage").click()
    view.get_by_label("Passage 2").fill(BRIDGE)
    view.get_by_label("The answer is").select_option("extractive")
    view.get_by_role("button", name="Answer", exact=True).click()
    spans = view.locator(".answers").get_by_role("button")
    expect(spans).to_have_count(3)
    for index in range(3):
        spans.nth(index).click()
        expect(spans.nth(index)).to_have_attribute("aria-pressed", "true")
        span = spans.nth(index).locator("span").first.inner_text()
        expect(view.locator("mark.current")).to_have_text(span)
    expect(view.get_by_role("meter", name="No answer")).to_be_visible()


def test_an_answer_in_the_models_words_quotes_a_passage(page: "Page") -> None:
    page.get_by_role("tab", name="Answer").click()
    view = page.locator("#view-answer")
    view.get_by_label("Passage 1").fill(BRIDGE)
    view.get_by_label("The answer is").select_option("generative")
    view.get_by_role("button", name="Answer", exact=True).click()
    expect(view.get_by_role("heading", name="Quotations")).to_be_visible()
    expect(view.locator("mark.current")).to_have_text(BRIDGE)


def test_a_token_is_explained_by_those_before_it(page: "Page") -> None:
    page.get_by_role("tab", name="Explain").click()
    view = page.locator("#view-explain")
    view.locator("[name=explained]").fill("🙂 Paris is in France. Paris is in")
    view.get_by_role("button", name="Explain").click()
    tokens = view.get_by_role("listbox").get_by_role("option")
    expect(tokens.last).to_have_text(" in")
    assert "".join(tokens.all_inner_texts()).endswith("Paris is in France. Paris is in")
    tokens.last.focus()
    page.keyboard.press("Enter")
    rows = view.locator("attribution-bars li")
    expect(rows).to_have_count(tokens.count() - 1)
    assert all(re.search(r"[+−]\d", row) for row in rows.all_inner_texts())
    expect(tokens.last).to_have_attribute("data-effect", "chosen")
    expect(tokens.first).to_have_attribute("data-effect", re.compile("raises|lowers"))
