"""The page around its views: keys, languages, colours, tabs, prefixes, and who can use it."""

import json
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.playground.conftest import key_of, opened
from tests.running_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

TABS = ("generate", "chat", "translate", "answer", "explain", "scheduler")


def test_a_service_with_keys_asks_for_one_and_the_page_forgets_it_with_the_tab(
    browser: "Browser", playground_server: Server
) -> None:
    secret = key_of(playground_server)
    with opened(browser, playground_server) as page:
        dialog = page.get_by_role("dialog", name="Key of the service")
        expect(dialog).to_contain_text("This service asks for a key.")
        dialog.get_by_label("Key", exact=True).fill("tv-wrong")
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text("The service does not know this key.")
        dialog.get_by_label("Key", exact=True).fill(secret)
        dialog.get_by_role("button", name="Use this key").click()
        expect(page.get_by_role("checkbox", name="small", exact=True)).to_be_checked()
        expect(dialog).to_be_hidden()
        page.get_by_label("Language").select_option("中文")
        kept = page.evaluate("[{...sessionStorage}, {...localStorage}, document.cookie, location.href]")
        assert kept[0] == {"trivium.key": secret}
        assert secret not in json.dumps(kept[1:])
        other = page.context.new_page()
        other.goto(f"{playground_server.url}/playground")
        expect(other.get_by_role("dialog")).to_be_visible()
        page.get_by_role("button", name="密钥").click()
        page.get_by_role("button", name="忘记密钥").click()
        assert page.evaluate("sessionStorage.length") == 0


def test_tabs_are_used_with_the_keyboard_and_named_in_the_address(page: "Page") -> None:
    page.get_by_role("tab", name="Generate").focus()
    for name in (*TABS[1:], TABS[0]):
        page.keyboard.press("ArrowRight")
        expect(page.locator(f"#tab-{name}")).to_be_focused()
        expect(page.locator(f"#view-{name}")).to_be_visible()
        assert page.url.endswith(f"#{name}")
    page.keyboard.press("End")
    expect(page.locator("#tab-scheduler")).to_be_focused()
    page.reload()
    expect(page.locator("#view-scheduler")).to_be_visible()


def test_the_languages_change_every_text_and_stay(page: "Page") -> None:
    page.get_by_label("Language").select_option("中文")
    expect(page.get_by_role("tab", name="生成")).to_be_visible()
    expect(page.get_by_role("button", name="生成")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    page.reload()
    expect(page.get_by_role("tab", name="翻译")).to_be_visible()
    page.goto(page.url.partition("#")[0] + "?lang=en")
    expect(page.get_by_role("tab", name="Translate")).to_be_visible()


def test_it_works_under_the_prefix_of_a_proxy(browser: "Browser", playground_server: Server) -> None:
    def without_prefix(route: "Route") -> None:
        route.continue_(url=route.request.url.replace("/trivium/", "/"))

    with opened(browser, playground_server, key=key_of(playground_server), path="/health/live") as page:
        page.route("**/trivium/**", without_prefix)
        page.goto(f"{playground_server.url}/trivium/playground")
        expect(page.get_by_role("checkbox", name="small", exact=True)).to_be_checked()
        names = page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")
        assert [name for name in names if "/trivium/" not in name] == []


def test_axe_finds_nothing(browser: "Browser", playground_server: Server) -> None:
    """In every view, with results where a view has some. Axe is put into the page, so this page has no policy."""
    options: dict[str, Any] = {"bypass_csp": True, "color_scheme": "light", "key": key_of(playground_server)}
    with opened(browser, playground_server, **options) as page:
        for name in TABS:
            view = page.locator(f"#view-{name}")
            page.locator(f"#tab-{name}").click()
            if name in {"generate", "chat"}:
                view.locator("[name=max_tokens]").fill("4")
            if name in {"generate", "chat", "answer", "explain"}:
                view.locator("run-button button").first.click()
                expect(view.locator("usage-line").last).not_to_be_empty()
                expect(view.locator(".running")).to_have_count(0)
            if name == "generate":
                view.locator(".tokens .token").first.focus()
            for details in view.locator("details:not([hidden]) > summary").all():
                details.click()
        expect(page.locator("engine-facts")).to_contain_text("ready")
        # All views at once: axe takes a second whatever it sees.
        page.evaluate("for (const each of document.querySelectorAll('[role=tabpanel]')) each.hidden = false")
        _check(page)
        page.locator(".top").get_by_label("Language").select_option("中文")
        page.get_by_label("配色").select_option("深色")
        _check(page)
        page.get_by_role("button", name="密钥").click()
        _check(page)


def _check(page: "Page") -> None:
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
