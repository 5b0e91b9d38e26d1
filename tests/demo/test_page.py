"""The demo's own page: strict, escaped, and helpful when nothing answers."""

import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.faults import REGISTRY
from demo.page.render import EXAMPLES, View, page
from demo.page.server import MOST_ANSWERED, DemoServer, Handler
from demo.push import is_chosen
from demo.questions import load_questions
from demo.settings import Settings
from demo.telemetry.server import Server
from demo.workshop import Library


@pytest.fixture
def url(corpus, index, tmp_path: Path) -> Iterator[str]:
    settings = Settings(tmp_path, "http://127.0.0.1:9", "key")
    server = DemoServer(("127.0.0.1", 0), Library(corpus, index), settings)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def post(url: str, headers: dict[str, str] | None = None, **fields: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{url}/ask", urllib.parse.urlencode(fields).encode(), headers or {})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_there_is_a_switch_for_every_fault(url):
    with urllib.request.urlopen(url) as response:
        text, policy = response.read().decode(), response.headers["Content-Security-Policy"]
    assert all(f'value="{key}"' in text for key in REGISTRY)
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "<script" not in text and "style=" not in text


def test_an_example_fills_the_form(url):
    question, fault = EXAMPLES[0]
    with urllib.request.urlopen(f"{url}/?{urllib.parse.urlencode({'question': question, 'fault': fault})}") as response:
        text = response.read().decode()
    assert f'value="{question}"' in text
    assert f'value="{fault}" checked' in text


def test_it_has_a_style_and_an_icon(url):
    for name, kind in (("page.css", "text/css"), ("icon.svg", "image/svg+xml")):
        with urllib.request.urlopen(f"{url}/{name}") as response:
            assert response.headers.get_content_type() == kind


def test_examples_are_questions_whose_evidence_is_known():
    known = {question.question for question in load_questions()}
    assert {question for question, _ in EXAMPLES} <= known
    assert {fault for _, fault in EXAMPLES} <= {*REGISTRY, ""}
    reviewed = {question.question for question in load_questions() if is_chosen(question)}
    assert {question for question, _ in EXAMPLES} <= reviewed, "the fault of another could not be told"


def test_without_a_server_it_says_what_to_do(url):
    status, text = post(url, question="How do I <b>retry</b>?")
    assert status == 503
    assert "No Stagelight answers at http://127.0.0.1:9" in text and "make up" in text
    assert "<b>retry</b>" not in text and "&lt;b&gt;retry" in text


def test_back_and_a_reload_show_the_answer_and_ask_nothing(url, ask, monkeypatch):
    turn, asked = ask("How do I retry a task?")[0], []

    def answer(self, view):
        asked.append(view.question)
        view.turn = turn
        return 200

    monkeypatch.setattr(Handler, "_ask", answer)
    status, text = post(url, question=turn.question)
    assert status == 200
    with urllib.request.urlopen(f"{url}/answers/{turn.trace_id}") as response:
        assert response.read().decode() == text
    assert asked == [turn.question]


def test_of_many_answers_the_latest_are_kept(corpus, index):
    server = DemoServer(("127.0.0.1", 0), Library(corpus, index), Settings(Path(), "http://127.0.0.1:9", "key"))
    for number in range(MOST_ANSWERED + 1):
        server.remember(str(number), View("http://x"))
    server.server_close()
    assert len(server.answered) == MOST_ANSWERED
    assert "0" not in server.answered


def test_an_answer_that_is_forgotten_says_so_and_leads_to_its_trace(url, monkeypatch):
    forgotten = f"{url}/answers/{'a' * 32}"
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(forgotten)
    text = refusal.value.read().decode()
    assert refusal.value.code == 404
    assert "no longer remembered" in text
    assert "/t/aaaa" not in text, "nobody answers who could have it"
    monkeypatch.setattr(Server, "trace", lambda self, trace_id: {"trace_id": trace_id})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(forgotten)
    assert f'<a href="http://127.0.0.1:9/t/{"a" * 32}">Open its trace</a>' in refusal.value.read().decode()


def test_a_question_turns_nothing_round(ask):
    turn = ask("How do I retry \u202ea task?")[0]
    assert "<h1><bdi>How do I retry a task?</bdi></h1>" in page(View("http://x", turn.question, turn=turn))


def test_another_site_cannot_make_it_ask(url):
    assert post(url, {"Sec-Fetch-Site": "cross-site"}, question="x")[0] == 400


def test_an_empty_question_is_no_question(url):
    status, text = post(url, question="  ")
    assert status == 400 and "No question" in text


def test_what_was_changed_is_escaped():
    assert "<i>" not in page(View("http://x", "q", "rerank:reverse", "<i>", "<i>"))


def test_it_says_when_nobody_reviewed_the_question(ask):
    turn = ask("How do I retry a task?")[0]
    broken = View("http://x", turn.question, "rerank:reverse", changed="the order is upside down", turn=turn)
    assert "Nobody has said what this question should be answered from" in page(broken)
    broken.reviewed = True
    assert "Nobody has said" not in page(broken)
