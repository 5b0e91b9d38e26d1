"""How fast lists, facets, rare filters, searches and single traces are read: `python -m bench.reads --traces 1000000`.

Whole HTTP requests through Django's WSGI handler, median of several, beside the bar that each must stay under.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

FILL = Path(__file__).parent / "fill"
PROJECT = "bench"
BATCH = 20_000
OPENED = 20  # traces that have spans, to be opened one after another
SECOND = 10**9


@dataclass(frozen=True)
class Read:
    """One kind of request, and how many milliseconds it may take."""

    name: str
    bar_ms: float
    paths: tuple[str, ...]


def main() -> None:
    """Fill a store, or take one that is filled, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--data", type=Path, help="a directory to keep, or to read again; else a temporary one")
    parser.add_argument("--fill", action="store_true", help="only fill the directory")
    chosen = parser.parse_args()
    with _directory(chosen.data) as directory:
        os.environ |= {"STAGELIGHT_DATA_DIR": str(directory), "DJANGO_SETTINGS_MODULE": "config.settings"}
        os.environ |= {"CLICKHOUSE_URL": f"chdb://{directory / 'store'}", "LOG_LEVEL": "error"}
        if not chosen.fill:
            _fill_apart(directory, chosen.traces)
        import django

        django.setup()
        if chosen.fill:
            _fill(chosen.traces)
        else:
            _measure(chosen.repeats, chosen.traces)


def _fill_apart(directory: Path, total: int) -> None:
    """In a process of its own: making the data takes more memory than the store may have, and warms its caches."""
    command = [sys.executable, "-m", "bench.reads", "--fill", "--data", str(directory), "--traces", str(total)]
    subprocess.run(command, check=True, env=os.environ | {"STORE_MEMORY_BYTES": str(4_000_000_000)})


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="stagelight-bench-") as made:
        yield Path(made)


def _fill(total: int) -> None:
    from django.core.management import call_command

    from tracing import store

    call_command("migrate", verbosity=0)
    store.apply_schema()
    there = store.rows("SELECT count() FROM traces FINAL WHERE project = {project:String}", project=PROJECT)[0][0]
    if there == total:
        return
    if there:
        raise SystemExit(f"the directory holds {there:,} traces: name another, or --traces {there}")
    started = time.perf_counter()
    now_ns = time.time_ns() // (3600 * SECOND) * 3600 * SECOND
    values: dict[str, Any] = {"project": PROJECT, "total": total, "now_ns": now_ns, "detail": _detail()}
    for lo in range(0, total, BATCH):
        _run("traces", **values, lo=lo, n=min(BATCH, total - lo))
        _run("marks", project=PROJECT, lo=lo, n=min(BATCH, total - lo))
    _run("chunks", project=PROJECT)
    _run("again", project=PROJECT, table="traces", every=3, since_ns=now_ns - 6 * 3600 * SECOND)  # late spans
    _run("again", project=PROJECT, table="marks", every=100, since_ns=0)  # thumbs, whenever they came
    _add_spans(now_ns)
    _wait_for_merges()
    print(f"filled with {total:,} traces in {time.perf_counter() - started:.0f} s", flush=True)


def _wait_for_merges() -> None:
    from tracing import store

    quiet = 0
    while quiet < 5:
        time.sleep(1)
        quiet = 0 if store.rows("SELECT count() FROM system.merges")[0][0] else quiet + 1


def _run(name: str, **values: Any) -> None:
    from tracing import store

    store.command((FILL / f"{name}.sql").read_text(), **values)


def _detail() -> str:
    """What a trace keeps for display alone, as long as a real one's."""
    from tracing.columns import TraceRow, trace_columns
    from tracing.records import Check, Context, Entity, Lane, Slot, StageRecord, Trace, Versions
    from tracing.shelf import Shelf
    from tracing.stages import Stage

    stages = tuple(
        StageRecord(stage.label, duration_ms=20.0, model="large-1", checks=(Check("margin", 0.04, 0.1, True),))
        for stage in Stage
    )
    trace = Trace(
        "0" * 32,
        0,
        0,
        rewritten=("how is the signing secret of a webhook verified",),
        entities=(Entity("signing secret", "term", "atlas"),),
        lanes=(Lane("vector", top_k=40, returned=25), Lane("lexical", top_k=40, returned=25)),
        context=Context(6000, 5120, (Slot("docs", 4000, 3800),), "You answer from the context. " * 60, "prompt"),
        stages=stages,
        rooted=True,
        root_name="answer",
        environment="prod",
        service="docs",
        surface="search",
        versions=Versions("2026.11.1", "p3", "i7", "e1", "k1", "c9"),
        query_shape="conceptual",
        intent="howto",
        product="atlas",
        outcome="answer",
        confidence=0.8125,
        refused=False,
        session_id="s123456",
        user_id="u12345",
        cost_usd=0.0125,
        span_count=8,
    )
    columns = trace_columns([TraceRow(PROJECT, 0, 0, 0, trace, Shelf.of(trace))])
    return bytes(columns["detail"][0]).decode()


def _add_spans(now_ns: int) -> None:
    from tracing import store
    from tracing.records import Span, Trace
    from tracing.shelf import Shelf
    from tracing.span_columns import SpanRow, packed, span_columns

    rows = []
    for key_ns, trace_id in _opened():
        shelf = Shelf.of(Trace(trace_id, 0, 0))
        for n in range(8):
            said = {
                "input.value": "text " * 400,
                **{f"retrieval.documents.{i}.document.id": f"c{i}" for i in range(40)},
            }
            parent = f"{0:016x}" if n else ""
            span = Span(trace_id, f"{n:016x}", parent, f"step {n}", key_ns + n, key_ns + n + 10**8, said)
            rows.append(SpanRow(PROJECT, key_ns, 1, "bench", span, packed(span, shelf)))
    store.insert("spans", span_columns(rows))


def _opened() -> list[tuple[int, str]]:
    """Traces spread over the whole time."""
    from tracing import store

    found = store.rows(
        "SELECT key_ts, trace_id FROM traces FINAL WHERE project = {project:String}"
        f" ORDER BY cityHash64(trace_id) LIMIT {OPENED}",
        project=PROJECT,
    )
    return [(int(key_ns), str(trace_id)) for key_ns, trace_id in found]


def _reads() -> list[Read]:
    page, api = f"/p/{PROJECT}/traces", "/api/v1/traces"

    def both(**query: str) -> tuple[str, ...]:
        return tuple(f"{base}?{urlencode(query)}" for base in (page, api))

    def facets(q: str = "") -> tuple[str, ...]:
        return (f"/p/{PROJECT}/traces-facets?{urlencode({'q': q})}",)

    opened = [trace_id for _, trace_id in _opened()]
    return [
        Read("list, newest", 100, both()),
        Read("list, five filters", 100, both(q="env:prod product:atlas outcome:answer release:2026.11.1 intent:howto")),
        Read("list, slowest first", 400, both(sort="latency")),
        Read("list, worst groundedness first", 400, both(sort="groundedness")),
        Read("count", 400, (f"/p/{PROJECT}/traces-count",)),
        Read("facets", 400, facets()),
        Read("facets of a filter", 400, facets("env:prod product:atlas")),
        Read("facets of a verdict", 400, facets("fault:dropped")),
        Read("rare: a user", 400, both(q="user:u77")),
        Read("rare: fault and groundedness", 400, both(q="fault:dropped groundedness:<0.1 product:ember")),
        Read("rare: an error", 400, both(q="error:timeout product:ember env:shadow intent:greeting latency:>15s")),
        Read("rare: kept an anchor", 400, both(q="kept:doc_19990#part-1")),
        Read("rare: retrieved a chunk", 400, both(q="retrieved:doc_19998-1")),
        Read("rare: nothing matches", 400, both(q="session:nobody")),
        Read("search: a rare word", 300, both(q="quokka")),
        Read("search: a phrase", 300, both(q='"signing secret"')),
        Read("search: a beginning", 300, both(q="quok*")),
        Read("search: a frequent word", 300, both(q="aa")),
        Read("one trace, page", 60, tuple(f"{page}/{trace_id}" for trace_id in opened)),
        Read("one trace, JSON", 60, tuple(f"{api}/{quote(trace_id)}" for trace_id in opened)),
        Read("one trace, spans", 60, tuple(f"{page}/{trace_id}/spans" for trace_id in opened)),
    ]


def _measure(repeats: int, total: int) -> None:
    ask = _asker()
    print(f"{total:,} traces, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; ms, median of {repeats}")
    print(f"{'request':34} {'bar':>6} {'median':>8} {'slowest':>8} {'first':>8} {'CPU':>8}")
    for read in _reads():
        for kind in dict.fromkeys(path.split("/")[1] for path in read.paths):
            paths = [path for path in read.paths if path.split("/")[1] == kind]
            asked = [ask(paths[n % len(paths)]) for n in range(repeats)]
            taken = [wall for wall, _ in asked]
            busy = statistics.median(cpu for _, cpu in asked)
            label = read.name + (" (API)" if kind == "api" and len(read.paths) > len(paths) else "")
            median = statistics.median(taken)
            late = " over" if median > read.bar_ms else ""
            print(
                f"{label:34} {read.bar_ms:6.0f} {median:8.1f} {max(taken):8.1f} {taken[0]:8.1f} {busy:8.1f}{late}",
                flush=True,
            )


def _asker() -> Any:
    """A function that asks for a path, and says how many milliseconds the whole answer took, and of CPU."""
    from django.contrib.auth import get_user_model
    from django.core.wsgi import get_wsgi_application
    from django.test import Client

    from tracing.models import Key, Membership, Project
    from tracing.unswept import sweep_seldom

    project, _ = Project.objects.get_or_create(slug=PROJECT, defaults={"name": "Bench"})
    person, _ = get_user_model().objects.get_or_create(username="bench")
    Membership.objects.get_or_create(project=project, user=person, defaults={"role": "owner"})
    _, secret = Key.issue(project, "bench", ["read"])
    client = Client()
    client.force_login(person)
    session = client.cookies["sessionid"].value
    application = get_wsgi_application()
    sweep_seldom()  # as the server does before it answers

    def ask(path: str) -> tuple[float, float]:
        path_info, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path_info,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "HTTP_COOKIE": f"sessionid={session}",
            "HTTP_AUTHORIZATION": f"Bearer {secret}",
            "HTTP_HOST": "localhost",
        }
        answered: list[str] = []
        started, busy = time.perf_counter(), time.process_time()
        response = application(environ, lambda status, headers, *_: answered.append(status))
        size = sum(map(len, response))
        taken, busy = (time.perf_counter() - started) * 1000, (time.process_time() - busy) * 1000
        response.close()
        if not answered[0].startswith("200") or not size:
            raise SystemExit(f"{path} answered {answered[0]}")
        return taken, busy

    return ask


if __name__ == "__main__":
    main()
