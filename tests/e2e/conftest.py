"""A real browser on the real pages: a server in this process, some traces in its store, and a person signed in."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.conftest import Sender
from tests.e2e import made
from tests.e2e.chromium import CHROMIUM, FLAGS

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in this thread; nothing here awaits the ORM


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; its absence fails in CI and is said elsewhere."""
    if not CHROMIUM.exists():
        words = f"no browser at {CHROMIUM}: 'apt-get install chromium', or set CHROMIUM to one"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A person at the pages, who notes what the browser complains of."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page, and wait until what it loads by itself is there."""
        self.page.goto(self.base + path, wait_until="networkidle")
        return self.page

    def note(self, message: ConsoleMessage) -> None:
        """Keep errors and warnings: a breach of the Content-Security-Policy is one."""
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@pytest.fixture
def seeded(live_server: Any, sender: Sender, drained: Callable[[], None], people: dict[str, Any]) -> str:
    """The address of a server whose project has every kind of trace that pages must bear."""
    for path, items in (("traces", made.traces()), ("signals", made.signals())):
        response = sender.post(f"/api/v1/{path}", made.as_json(items), content_type="application/json")
        assert response.status_code == 202, response.content
    drained()
    return str(live_server.url)


@pytest.fixture
def visit(browser: Browser, seeded: str, people: dict[str, Any]) -> Iterator[Callable[..., Visitor]]:
    """Call it for a visitor: who signed in, in which colours, how wide."""
    contexts: list[BrowserContext] = []

    def visitor(who: str = "mara", scheme: Any = "light", width: int = 1440, script: bool = True) -> Visitor:
        context = browser.new_context(
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            timezone_id="Europe/Zurich",
        )
        contexts.append(context)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session(people[who]), "url": seeded}])
        found = Visitor(context.new_page(), seeded)
        found.page.on("console", found.note)
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        return found

    yield visitor
    for context in contexts:
        context.close()


def session(user: Any) -> str:
    """A signed-in session's key."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return str(client.session.session_key)
