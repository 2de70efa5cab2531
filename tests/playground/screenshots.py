"""The pictures of the playground in the documents: ``python -m tests.playground.screenshots``.

It serves two models of the catalogue, uses every view as a person would, and writes ``docs/screenshots/*.png``.
"""

import argparse
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.playground.chromium import ARGUMENTS, NO_CHROMIUM, find_chromium
from tests.running_server import ROOT, running_server

DIRECTORY = ROOT / "docs/screenshots"
MODELS = ("--model", "smollm2-135m-instruct", "--quantization", "int8")
COLOURS = 128  # of a picture: fewer make it smaller
SECONDS = 180


def generate(page: Page) -> None:
    """Two models, and the alternatives of a token."""
    boxes = page.locator("model-picker input")
    expect(boxes).to_have_count(2)
    boxes.nth(1).check()
    page.locator("[name=input]").fill("Name three rivers in Europe.")
    page.locator("[name=temperature]").fill("0")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#view-generate .running")).to_have_count(0)
    surprising = page.locator(".token[data-surprise='1'], .token[data-surprise='2']")
    page.locator("generation-column").first.locator(surprising).first.focus()
    page.locator("generation-column").last.locator(surprising).first.hover()


def chat(page: Page) -> None:
    """A call of the calculator, whose result the page has computed."""
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Result for the model")).to_have_value("391")
    expect(page.get_by_role("status")).to_have_text("Done.")


def translate(page: Page) -> None:
    """Marks on both sides, and a file."""
    page.locator("#view-translate .main").first.click()
    rows = page.locator(".segments tbody tr")
    expect(rows).to_have_count(3)
    content = b"The doctor is here.\n\nShe found a coat.\n"
    page.locator("document-panel input").set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": content}
    )
    page.locator("document-panel .main").click()
    expect(page.locator("document-panel a")).to_be_visible()
    rows.first.locator("mark", has_text="{name}").first.hover()


def answer(page: Page) -> None:
    """A span in its passage, on the page in Chinese."""
    page.locator("#view-answer .main").click()
    expect(page.locator(".answers li")).to_have_count(3)


def explain(page: Page) -> None:
    """What makes the last token likely."""
    page.get_by_role("button", name="Explain").click()
    tokens = page.locator("#view-explain .tokens .token")
    expect(tokens.last).to_be_visible()
    tokens.last.click()
    expect(page.locator("attribution-bars li").first).to_be_visible()
    expect(page.locator("#view-explain .running")).to_have_count(0)


def scheduler(page: Page) -> None:
    """Six sequences, in the dark."""
    page.get_by_role("button", name="Send six prompts").click()
    expect(page.locator(".sequences li")).to_have_count(6)
    expect(page.locator(".sequences li").first).to_contain_text(re.compile(r"generated [3-9]\d"))


VIEWS: dict[Callable[[Page], None], dict[str, str]] = {
    generate: {},
    chat: {},
    translate: {},
    answer: {"language": "zh"},
    explain: {},
    scheduler: {"color_scheme": "dark"},
}


def take(browser: Browser, url: str, view: Callable[[Page], None], *, language: str = "en", **options: Any) -> bytes:
    """A picture of a view after it was used."""
    page = browser.new_page(viewport={"width": 1280, "height": 560}, locale="en", **options)
    page.set_default_timeout(SECONDS * 1000)
    page.goto(f"{url}/playground?lang={language}#{view.__name__}")
    expect(page.locator(f"#view-{view.__name__} option").first).to_be_attached()
    view(page)
    picture = page.screenshot(full_page=True)
    page.close()
    return picture


def compressed(picture: bytes) -> bytes:
    """The picture with few colours."""
    small = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """Take all pictures, or those of the views that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("views", nargs="*", choices=[[], *(view.__name__ for view in VIEWS)], help="only these views")
    parser.add_argument("--url", help="a service that runs already; it should serve two models that generate")
    parser.add_argument("--to", type=Path, default=DIRECTORY, help="the directory of the pictures")
    arguments = parser.parse_args()
    if (path := find_chromium()) is None:
        raise SystemExit(NO_CHROMIUM)
    if arguments.url:
        _take_all(path, arguments.url, arguments.views, arguments.to)
        return
    with running_server("qwen2.5-coder-0.5b-instruct", *MODELS) as server:
        _take_all(path, server.url, arguments.views, arguments.to)


def _take_all(chromium: str, url: str, wanted: list[str], directory: Path) -> None:
    expect.set_options(timeout=SECONDS * 1000)
    directory.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for view, options in VIEWS.items():
            if not wanted or view.__name__ in wanted:
                picture = compressed(take(browser, url, view, **options))
                (directory / f"{view.__name__}.png").write_bytes(picture)
        browser.close()


if __name__ == "__main__":
    main()
