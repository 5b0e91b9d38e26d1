"""`python -m tests.e2e.screenshots`: pictures of the pages, of a server of its own or of one that runs.

--url URL --link SIGN-IN-LINK [--project SLUG] [--trace ID] [--readme]    a running one, such as the demo

`--readme` takes one picture only: the one that the README opens with.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.e2e import made
from tests.e2e.chromium import CHROMIUM, FLAGS

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "screenshots"


@dataclass(frozen=True)
class Subject:
    """A server to take pictures of."""

    url: str
    link: str
    project: str
    trace: str

    def pages(self) -> dict[str, str]:
        """The paths by the pictures' names."""
        home, trace = f"/p/{self.project}/", f"/p/{self.project}/traces/{self.trace}"
        return {
            "trace": trace,
            "trace-whole": f"{trace}?dropped=all&spans=1",
            "trace-bare": f"{home}traces/{made.BARE}",
            "trace-hostile": f"{home}traces/{made.HOSTILE}",
            "trace-failed": f"{home}traces/{made.FAILED}",
            "trace-missing": f"{home}traces/{'0' * 32}",
            "traces": f"{home}traces",
            "traces-peek": f"{home}traces?selected={self.trace}",
            "traces-error": f"{home}traces?q=prodct:django",
            "traces-none": f"{home}traces?q=product:nothing&from=24h",
            "start": f"{home}start/",
            "ingest": f"{home}ingest/",
            "settings": f"{home}settings/",
            "keys": f"{home}settings/keys/",
            "members": f"{home}settings/members/",
            "not-found": "/p/no-such-project/",
        }


def main() -> None:
    """Take all pictures, light and dark, wide and narrow."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--url", "--link", "--project", "--trace", "--only"):
        parser.add_argument(name)
    parser.add_argument("--readme", action="store_true")
    given = parser.parse_args()
    if given.readme:
        take_readme(Subject(given.url, given.link, given.project or "default", given.trace))
    elif given.url:
        subject = Subject(given.url, given.link, given.project or "default", given.trace or made.FULL)
        take(subject, given.only)
    else:
        with served() as subject:
            take(subject, given.only)


def take(subject: Subject, only: str | None) -> None:
    """Save the pictures, and say of each page how far it scrolls sideways, which should be nothing."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        state = signed_in(browser, subject)
        for scheme in ("light", "dark"):
            for width in (1440, 390):
                picture_all(browser, subject, state, scheme, width, only)
        browser.close()
    print(f"pictures are in {PICTURES}")


def take_readme(subject: Subject) -> None:
    """The upper part of a trace page, as the README shows it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(
            storage_state=signed_in(browser, subject), color_scheme="light", viewport={"width": 1280, "height": 1000}
        )
        page = context.new_page()
        page.goto(subject.url + subject.pages()["trace"], wait_until="networkidle")
        page.screenshot(path=ROOT / "docs" / "trace.png")
        browser.close()


def signed_in(browser: Browser, subject: Subject) -> Path:
    """Where the signed-in browser's cookies are kept."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(subject.link)
    page.wait_for_url(lambda url: "/accounts/" not in url)
    state = Path(tempfile.mkdtemp()) / "state.json"
    context.storage_state(path=state)
    context.close()
    return state


def picture_all(browser: Browser, subject: Subject, state: Path, scheme: str, width: int, only: str | None) -> None:
    """All pages in one colour scheme at one width."""
    context = browser.new_context(
        storage_state=state,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    for name, path in subject.pages().items():
        if only and name != only:
            continue
        page.goto(subject.url + path, wait_until="networkidle")
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            print(f"{name} at {width}: scrolls sideways by {over} px")
        page.screenshot(path=PICTURES / f"{name}-{scheme}-{width}.png", full_page=True)
    context.close()


@contextmanager
def served() -> Iterator[Subject]:
    """A server of its own on a directory of its own, with the traces that pages must bear."""
    with tempfile.TemporaryDirectory(prefix="stagelight-pictures-") as directory, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = os.environ | {"STAGELIGHT_DATA_DIR": directory, "PORT": str(port)}
        command = [sys.executable, "manage.py"]
        server = subprocess.Popen([*command, "serve", "--port", str(port)], cwd=ROOT, env=environment)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/healthz")
            send(url, (Path(directory) / "key").read_text())
            link = subprocess.check_output([*command, "signin_link", "admin"], cwd=ROOT, env=environment, text=True)
            yield Subject(url, link.strip(), "default", made.FULL)
        finally:
            server.terminate()
            server.wait(10)


def send(url: str, key: str) -> None:
    """Send all traces and signals, and wait until they are stored."""
    headers = {"Authorization": f"Bearer {key.strip()}", "Content-Type": "application/json"}
    for path, items in (("traces", made.traces()), ("signals", made.signals())):
        for item in items:
            request = urllib.request.Request(f"{url}/api/v1/{path}", made.as_json(item), headers)
            urllib.request.urlopen(request, timeout=10).close()
    time.sleep(2)


def wait_for(address: str) -> None:
    """Return when the address answers."""
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{address} does not answer")


if __name__ == "__main__":
    main()
