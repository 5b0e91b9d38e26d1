"""What the first-run page tells one to paste works as it stands."""

import html
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tracing.models import Key
from tracing.pages.snippets import SNIPPETS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def snippet(live_server: Any, people: dict[str, Any]) -> Callable[[str], str]:
    """Call it for the code that the page shows for one kind of client."""
    client = Client()
    client.force_login(people["mara"])

    def shown(sdk: str) -> str:
        page = client.get("/p/atlas/start/", {"sdk": sdk}, headers={"host": urlsplit(live_server.url).netloc})
        found = re.search(r'aria-label="Code to paste">(.*?)</pre>', page.content.decode(), re.DOTALL)
        assert found is not None
        return html.unescape(found[1])

    return shown


@pytest.fixture
def arrived(drained: Callable[[], None], people: dict[str, Any]) -> Callable[[], str]:
    """Call it for the page of the newest trace."""

    def page() -> str:
        drained()
        client = Client()
        client.force_login(people["theo"])
        start = client.get("/p/atlas/start/").content.decode()
        link = re.search(r"/p/atlas/traces/[0-9a-f]{32}", start)
        assert link is not None
        return client.get(link[0]).content.decode()

    return page


def test_the_python_snippet_sends_a_trace(snippet: Callable[[str], str], arrived: Callable[[], str]) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the demo's packages are not installed")
    done = subprocess.run([sys.executable, "-c", snippet("python")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    page = arrived()
    assert "How do I retry a task?" in page
    assert 'data-chunk="c1"' in page
    assert 'data-stage="retrieve" data-state="ok"' in page


def test_the_curl_snippet_sends_a_trace(snippet: Callable[[str], str], arrived: Callable[[], str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    command = snippet("curl").replace("curl -X", "curl --fail --silent --show-error -X")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert 'data-chunk="c1"' in arrived()


@pytest.mark.parametrize("sdk", [each.slug for each in SNIPPETS])
def test_every_snippet_is_shown_with_the_address_and_a_key_that_can_only_send(
    snippet: Callable[[str], str], live_server: Any, clean_store: None, sdk: str
) -> None:
    code = snippet(sdk)
    assert "STAGELIGHT_" not in code
    assert live_server.url in code
    [secret] = set(re.findall(r"sl_[\w-]{40,}", code))
    assert Key.objects.get(hashed=Key.digest(secret)).scopes == ["ingest"]
    if next(each for each in SNIPPETS if each.slug == sdk).file.endswith(".py"):
        compile(code, sdk, "exec")
