"""The page's server: standard library, on its own port, for this machine only."""

import re
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from demo.ask import ask_live
from demo.faults import REGISTRY
from demo.page.render import View, page, style
from demo.push import is_reviewed
from demo.questions import load_questions
from demo.settings import Settings
from demo.telemetry.server import Server, UnreachableError
from demo.workshop import Library

ICON = Path(__file__).with_name("icon.svg")
ANSWER = re.compile("/answers/[0-9a-f]{32}")
LONGEST_BODY = 16_384
MOST_ANSWERED = 100
PATIENCE_SECONDS = 8.0
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class DemoServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], library: Library, settings: Settings) -> None:
        super().__init__(address, Handler)
        self.library = library
        self.settings = settings
        self.api = Server(settings.url, settings.key)
        self.answered: dict[str, View] = {}  # by trace id, the latest: Back and a reload show them and ask nothing
        self.reviewed = {one.question for one in load_questions() if is_reviewed(one, library)}

    def remember(self, trace_id: str, view: View) -> None:
        """Keep an answer for whoever comes back to it; of many the oldest is forgotten."""
        self.answered[trace_id] = view
        while len(self.answered) > MOST_ANSWERED:
            del self.answered[next(iter(self.answered))]


class Handler(BaseHTTPRequestHandler):
    server: DemoServer
    server_version = "docs-assistant"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        asked = urlparse(self.path)
        if asked.path == "/page.css":
            self._answer(200, style(), "text/css")
        elif asked.path == "/icon.svg":
            self._answer(200, ICON.read_text(encoding="utf-8"), "image/svg+xml")
        elif asked.path == "/":
            fields = parse_qs(asked.query)
            self._page(200, self._view(fields.get("question", [""])[0], fields.get("fault", [""])[0]))
        elif (answered := self.server.answered.get(asked.path.removeprefix("/answers/"))) is not None:
            self._page(200, answered)
        elif ANSWER.fullmatch(asked.path):
            self._page(404, self._forgotten(asked.path.removeprefix("/answers/")))
        else:
            view = self._view()
            view.problem, view.advice = "There is no such page", "The question box below is all that there is."
            self._page(404, view)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/ask" or not 0 < length <= LONGEST_BODY or not self._from_here():
            self._page(400, self._view())
            return
        fields = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
        view = self._view(fields.get("question", [""])[0].strip()[:500], fields.get("fault", [""])[0])
        if not view.question:
            view.problem, view.advice = "No question", "Write one, or take an example."
            self._page(400, view)
            return
        status = self._ask(view)
        if view.turn is None:
            self._page(status, view)
            return
        self.server.remember(view.turn.trace_id, view)
        self._go(f"/answers/{view.turn.trace_id}")

    def _go(self, path: str) -> None:
        self.send_response(303)
        for name, value in {**HEADERS, "Location": path, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _ask(self, view: View) -> int:
        """Fill the view; the HTTP status."""
        settings = self.server.settings
        try:
            refused = self.server.api.call("GET", "/api/v1/traces?limit=1")[0] in (401, 403)
        except UnreachableError as failure:
            view.problem = f"No Stagelight answers at {settings.url}"
            view.advice = f"Start it with `make up` and ask again; this page can stay open. ({failure})"
            return 503
        if refused:
            view.problem = "Stagelight refuses the key"
            view.advice = (
                "Start the demo with --key-file, or with STAGELIGHT_KEY set to a key that may ingest and read."
            )
            return 502
        view.turn, truth = ask_live(
            self.server.library, settings, view.question, view.fault or None, session_id="demo-page"
        )
        view.changed = truth.changed or ""
        view.reviewed = view.question in self.server.reviewed
        view.visible = wait_until(lambda: self.server.api.trace(view.turn.trace_id) is not None, PATIENCE_SECONDS)
        return 200

    def _view(self, question: str = "", fault: str = "") -> View:
        return View(self.server.settings.url, question, fault if fault in REGISTRY else "")

    def _forgotten(self, trace_id: str) -> View:
        """What to do about an answer that is remembered no longer: its trace may still be there."""
        view = self._view()
        view.problem = "This answer is no longer remembered"
        view.advice = f"This page keeps the latest {MOST_ANSWERED}, until the demo is started again."
        try:
            known = self.server.api.trace(trace_id) is not None
        except UnreachableError:
            known = False
        view.link = f"{self.server.settings.url}/t/{trace_id}" if known else ""
        return view

    def _from_here(self) -> bool:
        """A form on another site must not make this one ask."""
        return self.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")

    def _page(self, status: int, view: View) -> None:
        self._answer(status, page(view), "text/html")

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet: the terminal belongs to the product's server."""


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.15)
    return False
