"""The demo's own page in a browser: what it says beside the button is what is chosen below, without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.page.render import View, page, style

pytestmark = pytest.mark.e2e


@pytest.fixture
def shown(browser: Browser) -> Iterator[Page]:
    """An example of the page, in a browser without a script."""
    context = browser.new_context(java_script_enabled=False)
    context.route("**/page.css", lambda route: route.fulfill(body=style(), content_type="text/css"))
    context.route("http://demo/", lambda route: route.fulfill(body=page(EXAMPLE), content_type="text/html"))
    opened = context.new_page()
    opened.goto("http://demo/")
    yield opened
    context.close()


EXAMPLE = View("http://127.0.0.1:9", "How do I retry a task?", "rerank:dropped")


def test_the_line_beside_the_button_names_what_is_chosen_now(shown: Page) -> None:
    line = shown.locator(".armed:visible")
    expect(line).to_have_text("It will be asked with rerank:dropped broken: see below.")
    shown.locator('input[value="generate:ungrounded"]').check()
    expect(line).to_have_text("It will be asked with generate:ungrounded broken: see below.")
    shown.get_by_label("nothing broken").check()
    expect(line).to_have_count(0)


def test_whoever_chose_far_below_finds_a_button_under_the_switches(shown: Page) -> None:
    faults, button = shown.locator(".faults").bounding_box(), shown.get_by_role("button").last.bounding_box()
    assert faults is not None
    assert button is not None
    assert 0 <= button["y"] - (faults["y"] + faults["height"]) < 50
