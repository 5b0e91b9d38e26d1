"""The fortnight is the same whenever it is told, and is sent until it is acknowledged."""

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from demo.past.plan import FIRST_RELEASE, SECOND_RELEASE, SHOWN_FAULT, SHOWN_QUESTION, Story, visits
from demo.past.send import SEED, relive
from demo.past.signals import THUMBS_DOWN, thumbs
from demo.questions import load_questions
from demo.run import Plan, run
from demo.telemetry.provider import Collector
from demo.telemetry.sender import Sender, SendError
from demo.telemetry.server import Server
from demo.workshop import Library

STORY = Story(datetime(2026, 11, 20, 10, 43, tzinfo=UTC))


@pytest.fixture(scope="module")
def library(corpus, index) -> Library:
    return Library(corpus, index)


def test_the_plan_repeats_and_is_in_order():
    first, second = (list(visits(STORY, load_questions(), "s")) for _ in range(2))
    assert first == second
    assert 400 <= len(first) <= 600
    assert [visit.at for visit in first] == sorted(visit.at for visit in first)
    assert len({visit.key for visit in first}) == len(first)
    assert STORY.since <= first[0].at and first[-1].at < STORY.until


@pytest.mark.parametrize("day", range(14, 28))
def test_the_bad_release_goes_out_on_a_tuesday_inside_the_fortnight(day):
    story = Story(datetime(2026, 11, day, 3, 0, tzinfo=UTC))
    assert story.tuesday.weekday() == 1
    assert story.since + timedelta(days=1) < story.tuesday < story.until - timedelta(days=1)
    assert story.release(story.tuesday - timedelta(minutes=1)) == FIRST_RELEASE
    assert story.release(story.tuesday) == SECOND_RELEASE
    assert story.release(story.tuesday + timedelta(hours=9)) == FIRST_RELEASE
    assert story.release(story.until) == SECOND_RELEASE


@pytest.mark.parametrize("hours", range(0, 60 * 24, 37))
def test_the_answer_of_the_first_link_is_planned_whatever_the_day(hours):
    story = Story(datetime(2026, 11, 1, 0, 1, tzinfo=UTC) + timedelta(hours=hours))
    planned = list(visits(story, load_questions(), SEED))
    (shown,) = [one for one in planned if (one.question.question, one.fault) == (SHOWN_QUESTION, SHOWN_FAULT)][-1:]
    assert [visit.at for visit in planned] == sorted(visit.at for visit in planned)
    assert [visit.session for visit in planned].count(shown.session) == 1, "what was said before could change it"
    assert shown.at >= story.index_rebuilt and not story.is_bad(shown.at)
    assert shown.at < story.until - timedelta(minutes=2)


def test_the_answer_of_the_first_link_has_a_citation_to_spoil(library):
    told = list(relive(library, STORY, Collector()))
    (shown,) = [one for one in told if one.visit.at == STORY.shown_at]
    assert shown.truth.fault == SHOWN_FAULT and shown.turn.citations


def test_days_off_are_quiet_and_nights_too():
    planned = list(visits(STORY, load_questions(), "s"))
    weekend = sum(visit.at.weekday() >= 5 for visit in planned) / 4
    assert weekend < 0.6 * (len(planned) - 4 * weekend) / 10
    assert sum(visit.at.hour < 6 for visit in planned) < 0.12 * len(planned)


def test_relived_twice_it_is_the_same_and_has_twenty_thumbs_down(library):
    seen = []
    for _ in range(2):
        collector = Collector()
        told = list(relive(library, STORY, collector))
        said = thumbs(told, STORY.until, "s")
        spans = [(span.context.span_id, span.start_time, span.end_time) for span in collector.take()]
        seen.append((spans, said, [one.truth for one in told]))
    assert seen[0] == seen[1]
    assert sum(signal["value"] == "down" for signal in seen[0][1]) == THUMBS_DOWN


def test_pairs_differ_only_in_the_fault(library):
    from demo.faults import REGISTRY

    plan = Plan(load_questions()[:6], [REGISTRY["rerank:reverse"]], 1.0, "pairs", pair=True)
    runs = list(run(library, plan, Collector(), until=1_800_000_000.0))
    assert len(runs) == 12
    for (clean, _), (broken, truth) in zip(runs[::2], runs[1::2], strict=True):
        assert (clean.question, clean.seed, clean.rewritten) == (broken.question, broken.seed, broken.rewritten)
        assert clean.trace_id != broken.trace_id == truth.trace_id


@contextmanager
def answering(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers in turn, the last one for ever."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
            status, headers, body = answers[min(len(received), len(answers)) - 1]
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def spans(ask, collector):
    ask("How does task_acks_late decide?")
    return collector.take()


def test_a_busy_server_is_asked_again(spans):
    with answering((503, {"Retry-After": "0"}, b""), (429, {"Retry-After": "0"}, b""), (200, {}, b"")) as (
        url,
        received,
    ):
        sender = Sender(url, "key")
        sender.send(spans)
    assert (sender.acked_spans, sender.retries, len(received)) == (len(spans), 2, 3)
    assert received[0] == received[2]
    assert ExportTraceServiceRequest.FromString(received[0]).resource_spans


def test_rejected_spans_are_not_counted_as_acknowledged(spans):
    partial = ExportTraceServiceResponse()
    partial.partial_success.rejected_spans = 2
    with answering((200, {}, partial.SerializeToString())) as (url, _):
        sender = Sender(url, "key")
        sender.send(spans)
    assert (sender.acked_spans, sender.rejected_spans) == (len(spans) - 2, 2)


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the key"), (400, "answered HTTP 400")])
def test_an_answer_that_will_not_change_ends_it_at_once(status, words, spans):
    with answering((status, {}, b"no")) as (url, received), pytest.raises(SendError, match=words):
        Sender(url, "key").send(spans)
    assert len(received) == 1


def test_a_server_that_hangs_up_on_an_unknown_path_is_no_failure():
    """It answers 404 before the body is read, and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        for answer in (b"", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"):
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

    threading.Thread(target=hang_up, daemon=True).start()
    server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}", "key")
    assert server.put_lines("/api/v1/corpus/index", ["{}"] * 500_000, version="1") == 404
    listener.close()
