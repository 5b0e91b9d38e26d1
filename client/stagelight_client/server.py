"""One server: where it is, its key, and requests that are tried again when it is busy or does not answer."""

import email.utils
import gzip
import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stagelight_client import __version__
from stagelight_client.errors import BROKE_OFF, NOT_BEGUN, StopError

URL = "http://127.0.0.1:8000"
AGAIN = (429, 502, 503, 504)
LONGEST_PAUSE = 30.0
TIMEOUT = 120.0
WORTH_COMPRESSING = 2_000
Query = Mapping[str, str]
Unread = http.client.HTTPResponse | urllib.error.HTTPError
NO_QUERY: Query = {}
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered; errors that trying again may cure never get here."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body's JSON; empty where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would turn a POST into a GET, or carry the key elsewhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def say(words: str) -> None:
    """A line on standard error."""
    print(f"stagelight: {words}", file=sys.stderr, flush=True)


@dataclass(slots=True)
class Server:
    """Where requests go. `patience` is how many seconds a busy or silent server is waited for, a request at a time."""

    url: str
    key: str
    patience: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    _opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        here = urllib.parse.urlsplit(self.url).hostname in _HERE
        proxies = [urllib.request.ProxyHandler({})] if here else []
        self._opener = urllib.request.build_opener(_NoRedirect(), *proxies)

    @classmethod
    def of_environment(cls, url: str = "", patience: float = 300.0) -> "Server":
        """Of STAGELIGHT_URL and STAGELIGHT_KEY; a server on this machine is asked with the key that it wrote itself."""
        url = (url or os.environ.get("STAGELIGHT_URL") or URL).rstrip("/")
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise StopError(f"{url!r} is no address of a server: STAGELIGHT_URL is one as in {URL}")
        key = os.environ.get("STAGELIGHT_KEY", "").strip()
        return cls(url, key or _own_key(parts.hostname), patience)

    def send(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "", query: Query = NO_QUERY
    ) -> Answer:
        """The answer, whatever its status; raises StopError where the key is refused or the patience is over."""
        with self.open(method, path, body, content_type, query) as response:
            return Answer(status_of(response), self._read(response))

    def open(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "", query: Query = NO_QUERY
    ) -> Unread:
        """The answer, unread. Tried again while the server is busy or does not answer: sent twice changes nothing."""
        request = self._request(method, path, body, content_type, query)
        end, attempt = time.monotonic() + self.patience, 0
        while True:
            attempt += 1
            try:
                answer: Unread = self._opener.open(request, timeout=TIMEOUT)
            except urllib.error.HTTPError as error:
                answer = error
            except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
                self._pause(end, attempt, f"{self.url} does not answer: {getattr(error, 'reason', None) or error}", "")
                continue
            if answer.status in AGAIN:
                with answer:
                    why = f"{answer.status} {_words(answer)}"
                    after = answer.headers.get("Retry-After") or ""
                self._pause(end, attempt, why, after)
                continue
            self._check(answer)
            return answer

    def _request(
        self, method: str, path: str, body: bytes | None, content_type: str, query: Query
    ) -> urllib.request.Request:
        headers = {"Authorization": f"Bearer {self.key}", "User-Agent": f"stagelight-client/{__version__}"}
        if content_type:
            headers["Content-Type"] = content_type
        if body is not None and len(body) > WORTH_COMPRESSING:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        asked = urllib.parse.urlencode({name: value for name, value in query.items() if value})
        address = f"{self.url}{path}" + (f"?{asked}" if asked else "")
        return urllib.request.Request(address, body, headers, method=method)  # noqa: S310 (http or https: checked)

    def _read(self, response: Unread) -> bytes:
        try:
            return response.read()
        except (http.client.HTTPException, OSError) as error:
            raise StopError(f"the answer of {self.url} broke off: {error}", BROKE_OFF) from error

    def _pause(self, end: float, attempt: int, why: str, retry_after: str) -> None:
        asked = _seconds(retry_after)
        usual = min(2.0 ** (attempt - 1), LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311 (spreads senders)
        pause = usual if asked is None else asked
        if time.monotonic() + pause > end:
            raise StopError(f"{why}. Gave up after {self.patience:g} s", BROKE_OFF)
        say(f"{why}; again in {pause:.1f} s")
        self.sleep(pause)

    def _check(self, answer: Unread) -> None:
        if status_of(answer) in (401, 403):
            with answer:
                raise StopError(f"{self.url} refuses the key: {_words(answer)}", NOT_BEGUN)
        if 300 <= status_of(answer) < 400:
            with answer:
                raise StopError(f"{self.url} redirects to {answer.headers.get('Location')}: set STAGELIGHT_URL to that")


def status_of(answer: Unread) -> int:
    """The answer's status."""
    return answer.status or 0


def _own_key(host: str) -> str:
    path = Path(os.environ.get("STAGELIGHT_DATA_DIR") or "var") / "key"
    if host not in _HERE:
        raise StopError("STAGELIGHT_KEY is not set: a project's settings make a key")
    try:
        return path.read_text().strip()
    except OSError as error:
        raise StopError(f"STAGELIGHT_KEY is not set, and there is no key at {path}: {error.strerror}") from error


def _seconds(retry_after: str) -> float | None:
    """Retry-After is seconds or a date."""
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        at = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, at.timestamp() - time.time())


def _words(answer: Any) -> str:
    return problem(Answer(answer.status, answer.read(4_000)))


def problem(answer: Answer) -> str:
    """An error in its own words."""
    told = answer.json()
    told = told if isinstance(told, dict) else {}
    words = str(told.get("detail") or told.get("message") or answer.body[:200].decode("utf-8", "replace").strip())
    hint = f" (perhaps {told['suggestion']}?)" if told.get("suggestion") else ""
    return f"{words or http.client.responses.get(answer.status, answer.status)}{hint}"
