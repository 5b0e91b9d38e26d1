"""Questions to the store: what a filter finds, pages in both directions, counts, facets, one trace."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.tracing.stored import (
    LONG_AGO_NS,
    NOW_NS,
    SECOND,
    a_trace,
    candidate,
    keep,
    keep_marks,
    keep_signal,
    keep_spans,
    stage,
    trace_id,
)
from tracing import queries, store
from tracing.filters import parse
from tracing.filters.fields import FIELDS
from tracing.keyed import HOUR_NS, TraceKey, picked
from tracing.queries import Scope, counting
from tracing.records import Citation, Entity, Lane, Span, Trace, Versions
from tracing.stages import Fault

pytestmark = pytest.mark.usefixtures("clean_store")

RICH: dict[str, Any] = {
    "outcome": "answer",
    "confidence": 0.9,
    "product": "atlas",
    "intent": "howto",
    "query_shape": "conceptual",
    "entities": (Entity("signing secret"),),
    "lanes": (Lane("lexical"), Lane("vector")),
    "environment": "prod",
    "versions": Versions("r1", "p1", "i1", "e1", "k1", "c1"),
    "surface": "search",
    "variant": "b",
    "service": "docs",
    "session_id": "s-1",
    "user_id": "u-1",
    "external_id": "order-77",
    "cost_usd": 0.02,
    "first_token_ms": 800.0,
    "query": "How do I verify a Signing Secret?",
    "answer": "Compare the Größe of the digest, e.g. with hmac.compare_digest.",
    "refused": False,
    "metadata": {"team": "red", "tries": "3"},
    "flags": ("slow:generate",),
    "warnings": ("80 attributes were dropped by the sender's limit",),
    "stages": (
        stage("embed", cache="hit"),
        stage("generate", status="error", error="TimeoutError: 30 s", model="large-1", attempts=3, input_tokens=900),
    ),
    "candidates": (
        candidate("c1", "doc_a#one", survived=True, cited=True),
        candidate("c2", "doc_a#two", survived=False, dropped_at="rerank", dropped_why="cut"),
    ),
    "citations": (Citation(anchor="doc_a#one"),),
}
MARK: dict[str, Any] = {
    "stage": "rerank",
    "fault": "dropped",
    "kind": "gold",
    "certainty": "certain",
    "groundedness": 0.4,
    "grounded_by": "judge",
    "thumb": "down",
    "anchors": "false",
    "judged": "judged",
}


def rich(number: int = 1, **fields: Any) -> Trace:
    return a_trace(number, **(RICH | fields))


def scope(q: str = "", **fields: Any) -> Scope:
    return Scope("atlas", parse(q), now_ns=NOW_NS, **fields)


def found(q: str = "", **fields: Any) -> list[int]:
    page = queries.trace_page(scope=scope(q, **fields), limit=100)
    return [int(row.trace_id, 16) for row in page.rows]


MATCHES = """
stage:rerank | fault:dropped | kind:gold | certainty:certain | flag:slow:generate | flag:slow* | outcome:answer
confidence:high | confidence:0.9 | confidence:0.8..1 | groundedness:<0.7 | judged:judged | feedback:down | anchor:false
anchor:doc_a#one | anchor:doc_a* | product:atlas | product:at* | product:(borealis OR atlas) | intent:howto
shape:conceptual | entity:"signing secret" | entity:signing* | lane:vector | chunk:c2 | retrieved:doc_a#two
retrieved:doc_a* | kept:c1 | kept:doc_a#one | kept:doc_a* | cited:doc_a#one | cited:c1 | dropped:c2 | dropped:doc_a#two
env:prod | release:r1 | prompt:p1 | index:i1 | embedding:e1 | reranker:k1 | corpus:c1 | model:large-1 | surface:search
variant:b | service:docs | session:s-1 | user:u-1 | user:u* | cost:>0.01 | latency:2s | latency:<=2000 | first_token:<1s
tokens:900 | cache:hit | attempts:>=3 | error:timeout | error:gen* | error:generate | warning:DROPPED
signal.thumb:down | signal.helpful:>0.5 | signal.helpful:0.8 | signal.ticket:abc* | meta.team:red
meta.team:re* | meta.tries:>2
trace:order-77 | trace:00000000-0000-0000-0000-000000000001 | time:>=2h | refused:false | live:true
settled:true | record:query | query:secret | answer:digest | signing | SIGNING | größe | GRÖßE | "signing secret"
"Secret?" | verif* | compare_digest | "compare_digest" | "the größe of" | has:error | has:signal | has:signal.thumb
has:meta | has:meta.team | has:confidence | has:cost | has:kept | has:query | query:verif*
"""
MISSES = """
stage:generate | fault:miss | certainty:likely | flag:slow | outcome:refuse | confidence:low | confidence:middle
confidence:<0.9 | groundedness:>=0.7 | judged:waiting | feedback:up | feedback:none | anchor:ok | anchor:doc_b#one
anchor:doc_b* | product:atla | product:Atlas | lane:graph | chunk:c3 | retrieved:doc_b* | kept:c2 | kept:doc_a#two
cited:c2 | dropped:c1 | dropped:doc_a#one | env:staging | session:s-2 | cost:>0.02 | latency:>2s | cache:miss
attempts:<3 | error:valueerror | error:time* | error:embed | signal.thumb:up | signal.helpful:<0.5 | signal.other:1
meta.team:blue | meta.none:x | meta.tries:<3 | trace:order | time:<2h | refused:true | live:false
settled:false | record:feedback
query:digest | answer:secret | sign | "secret signing" | ecret* | "the of größe" | has:run | has:meta.none
has:signal.comment | user:u | run:x | item:x | quokka
"""


def listed(block: str) -> list[str]:
    return [text.strip() for line in block.strip().splitlines() for text in line.split(" | ")]


@pytest.fixture
def one_rich() -> None:
    keep(rich(), **MARK)
    keep_signal(trace_id(1), "thumb", "down")
    keep_signal(trace_id(1), "score", "0.8", name="helpful", number=0.8)
    keep_signal(trace_id(1), "ticket", "ABC-1")


@pytest.mark.usefixtures("one_rich")
def test_a_condition_finds_what_it_says() -> None:
    wrong = [q for q in listed(MATCHES) if found(q) != [1]]
    assert not wrong


@pytest.mark.usefixtures("one_rich")
def test_a_condition_passes_over_what_it_does_not_say() -> None:
    assert not [q for q in listed(MISSES) if found(q)]


@pytest.mark.usefixtures("one_rich")
def test_a_negation_is_the_complement_also_where_nothing_is_known() -> None:
    keep(a_trace(2, ended_ns=NOW_NS))
    for q in listed(MATCHES) + listed(MISSES):
        n = queries.match_count(scope=scope(q)).n
        assert queries.match_count(scope=scope(f"-{q}")).n == 2 - n, q


def test_the_tests_above_name_every_field() -> None:
    named = {condition.field.name for q in listed(MATCHES) for condition in parse(q).conditions}
    named |= {condition.field.name for q in listed(MISSES) for condition in parse(q).conditions}
    assert {field.name for field in FIELDS} <= named


def test_a_trace_without_a_mark_is_one_of_which_nothing_is_said() -> None:
    keep(a_trace(1), thumb="down", fault="miss")
    keep(a_trace(2))
    from tracing import store

    store.command("TRUNCATE TABLE marks")
    keep_marks(a_trace(1), thumb="down", fault="miss")
    assert found("feedback:none") == [2]
    assert found("-has:fault") == [2]
    assert found("-fault:miss -feedback:down") == [2]


def test_the_newest_version_answers_alone() -> None:
    keep(a_trace(1, query="the first words", product="old", candidates=(candidate("c1", "a#1", survived=True),)))
    keep(a_trace(1, query="later words", product="new", candidates=()), version=2)
    for q in ("product:old", '"first words"', "firs*", "kept:a#1", "kept:a*", "first"):
        assert found(q) == [], q
    assert found('product:new "later words"') == [1]


HOSTILE = [
    "'; DROP TABLE traces; --",
    "a\\",
    "\\'",
    "{project:String}",
    "a\tb",
    "%",
    "_",
    "%(project)s",
    "$1",
    "`a`",
    "\u202eabc",
    "a" * 1500,
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_values(value: str) -> None:
    keep(a_trace(1, product=value, user_id=value, metadata={"k": value}, candidates=(candidate(value, value),)))
    keep(a_trace(2, product="x"))
    from tracing.filters.values import quoted

    for field in ("product", "user", "meta.k", "chunk", "anchor"):
        assert found(f"{field}:{quoted(value)}") == [1], field
        assert found(f"{field}:{quoted(value[:3])}*") == [1], field
    assert found(f"{quoted(value + ' q')}*") == []


def test_words_are_whole_and_without_case_in_any_script() -> None:
    keep(a_trace(1, query="ÜBER straße Привет, Мир", answer="日本語 テスト"))
    assert found("über") == [1]
    assert found("привет") == [1]
    assert found("при") == []
    assert found("при*") == [1]
    assert found("日本語") == [1]


def test_only_queries_are_listed_unless_other_records_are_asked_for() -> None:
    keep(a_trace(1), a_trace(2, kind="indexing"), a_trace(3, kind="feedback"))
    assert found() == [1]
    assert found("record:(indexing OR feedback)") in ([2, 3], [3, 2])


def test_times_bound_what_began_and_exclude_the_end() -> None:
    keep(*(a_trace(n, age_s=n * 60) for n in range(1, 6)))
    begin, end = NOW_NS - 4 * 60 * SECOND, NOW_NS - 2 * 60 * SECOND
    assert found(start_ns=begin, end_ns=end) == [3, 4]
    assert found("stage:rerank", start_ns=begin, end_ns=end) == []


@pytest.mark.parametrize("sort", queries.SORTS)
def test_pages_follow_one_another_in_both_directions(sort: str) -> None:
    ages = [10, 20, 4000, 5000, 90_000, 100_000, 800_000, 900_000, 9_000_000, 9_000_000, 9_000_000]
    known = {n: {"confidence": n % 4 / 10, "cost_usd": n % 2 + 0.1} for n in range(len(ages)) if n % 3}
    traces = [a_trace(n, age_s=age, **known.get(n, {})) for n, age in enumerate(ages)]
    keep(*traces)
    keep_marks(*(trace for n, trace in enumerate(traces) if n in (2, 5, 7)), version=2, groundedness=0.2)
    keep_marks(*(trace for n, trace in enumerate(traces) if n in (1, 4)), version=2, groundedness=0.1)
    pages = [queries.trace_page(scope=scope(), sort=sort, limit=3)]
    while following := pages[-1].next:
        pages.append(queries.trace_page(scope=scope(), sort=sort, cursor=following, limit=3))
    ids = [[row.trace_id for row in page.rows] for page in pages]
    assert [len(page) for page in ids] == [3, 3, 3, 2]
    assert len({one for page in ids for one in page}) == len(ages)
    back = [ids[-1]]
    previous = pages[-1].previous
    while previous:
        page = queries.trace_page(scope=scope(), sort=sort, cursor=previous, limit=3)
        back.insert(0, [row.trace_id for row in page.rows])
        previous = page.previous
    assert back == ids
    assert pages[0].previous is None


def test_sorts_put_first_what_one_looks_for() -> None:
    keep(a_trace(1, age_s=30, confidence=0.9, cost_usd=0.5), groundedness=0.9)
    keep(a_trace(2, age_s=20, confidence=0.1, cost_usd=0.1), groundedness=0.5)
    keep(a_trace(3, age_s=10, ended_ns=NOW_NS + 60 * SECOND))
    first = {
        sort: [int(row.trace_id) for row in queries.trace_page(scope=scope(), sort=sort).rows] for sort in queries.SORTS
    }
    assert first == {
        "newest": [3, 2, 1],
        "oldest": [1, 2, 3],
        "latency": [3, 2, 1],
        "cost": [1, 2, 3],
        "confidence": [2, 1, 3],
        "groundedness": [2, 1, 3],
    }


@pytest.mark.parametrize("cursor", ["x", "e30", "WzEsMl0", "é", "WyJuZXdlc3QiLGZhbHNlLCJhIiwiYiIsMF0", "A" * 5000])
def test_a_cursor_from_elsewhere_is_refused(cursor: str) -> None:
    with pytest.raises(queries.CursorError):
        queries.trace_page(scope=scope(), cursor=cursor)


def test_a_cursor_of_another_order_is_refused() -> None:
    keep(*(a_trace(n) for n in range(3)))
    page = queries.trace_page(scope=scope(), limit=1)
    with pytest.raises(queries.CursorError, match="another order"):
        queries.trace_page(scope=scope(), sort="latency", cursor=page.next or "")


def test_newer_traces_are_counted_from_the_page_seen() -> None:
    keep(a_trace(1, age_s=100), a_trace(2, age_s=90))
    page = queries.trace_page(scope=scope())
    assert queries.newer_than(scope=scope(), cursor=page.newest) == 0
    keep(a_trace(3, age_s=50, product="atlas"), a_trace(4, age_s=95))
    assert queries.newer_than(scope=scope(), cursor=page.newest) == 1
    assert queries.newer_than(scope=scope("product:other"), cursor=page.newest) == 0


def test_a_count_stops_at_ten_thousand() -> None:
    keep(*(a_trace(n) for n in range(3)))
    assert str(queries.match_count(scope=scope())) == "3"
    keep(*(a_trace(n) for n in range(10_001)))
    assert str(queries.match_count(scope=scope())) == "10,000+"


def test_facets_count_the_values_in_scope() -> None:
    keep(rich(1), rich(2, product="borealis", stages=()), **MARK)
    keep(a_trace(3, product="atlas"), thumb="up", anchors="ok")
    keep(a_trace(4, kind="indexing"), thumb="down")
    facets = {facet.field: [(v.value, v.n) for v in facet.values] for facet in queries.facets(scope=scope())}
    assert facets["product"] == [("atlas", 2), ("borealis", 1)]
    assert facets["stage"] == [("rerank", 2)]
    assert facets["fault"] == [("dropped", 2)]
    assert facets["feedback"] == [("down", 2), ("up", 1)]
    assert facets["model"] == [("large-1", 1)]
    assert facets["lane"] == [("lexical", 2), ("vector", 2)]
    assert facets["error"] == [("generate", 1)]
    assert facets["env"] == [("prod", 2)]
    assert "variant" in facets
    narrowed = {facet.field: facet for facet in queries.facets(scope=scope("feedback:up"))}
    assert set(narrowed) == {"product", "feedback"}


def test_facets_of_too_many_traces_are_those_of_the_newest_and_say_since_when(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(*(rich(n, product=f"p{n}", age_s=n * 7200) for n in range(4)), **MARK)
    assert queries.facet_reach(scope=scope()) is None
    monkeypatch.setattr(counting, "MOST_READ", 2)
    reach = queries.facet_reach(scope=scope())
    assert reach is not None
    assert reach.n == 2
    for q in ("", "fault:dropped", "env:prod", "flag:slow*"):
        found = queries.facets(scope=scope(q), since_ns=reach.since_ns)
        values = {facet.field: {value.value: value.n for value in facet.values} for facet in found}
        assert values["product"] == {"p0": 1, "p1": 1}, q
        assert values["stage"] == {"rerank": 2}, q
    assert queries.facet_reach(scope=scope(start_ns=reach.since_ns)) is None


def test_a_list_by_groundedness_keeps_to_its_filter() -> None:
    keep(rich(1, product="borealis"), **MARK | {"groundedness": 0.1})
    keep(rich(2), **MARK | {"groundedness": 0.3})
    keep(rich(3), **MARK | {"groundedness": 0.2, "fault": "miss"})
    keep(rich(4), rich(5, kind="indexing"), stage="rerank", fault="dropped")
    order = {
        q: [int(row.trace_id) for row in queries.trace_page(scope=scope(q), sort="groundedness").rows]
        for q in ("", "product:atlas", "fault:dropped", "groundedness:<0.25")
    }
    assert order == {
        "": [1, 3, 2, 4],
        "product:atlas": [3, 2, 4],
        "fault:dropped": [1, 2, 4],
        "groundedness:<0.25": [1, 3],
    }


def test_each_facet_value_finds_as_many_as_it_says() -> None:
    keep(rich(1), rich(2, product="borealis", stages=()), **MARK)
    keep(a_trace(3, product="atlas"), thumb="up", anchors="ok")
    for facet in queries.facets(scope=scope()):
        for value in facet.values:
            asked = parse("").including(facet.field, value.value)
            assert queries.match_count(scope=Scope("atlas", asked)).n == value.n, asked


def test_a_trace_comes_back_as_it_was_kept() -> None:
    trace = rich(candidates=(candidate("c1", "a#1", text="the text of c1"), candidate("c2", "a#2", text="another")))
    keep(trace, **MARK)
    keep_signal(trace_id(1), "thumb", "down", user="mara")
    back = queries.trace(project="atlas", trace_id=trace_id(1))
    assert back is not None
    assert back.trace == trace
    assert back.thumb == "down"
    assert back.mark.groundedness == 0.4
    assert [(s.kind, s.value, s.user) for s in back.signals] == [("thumb", "down", "mara")]


def test_a_trace_of_another_project_is_not_there() -> None:
    keep(rich(), project="borealis")
    assert queries.trace(project="atlas", trace_id=trace_id(1)) is None
    assert queries.locate(trace_id=trace_id(1), projects=["atlas"]) is None
    assert queries.locate(trace_id=trace_id(1), projects=["atlas", "borealis"]) == "borealis"
    assert found() == []
    assert not queries.any_trace(project="atlas")


def test_a_text_of_another_project_is_not_there() -> None:
    keep(a_trace(1, candidates=(candidate("c1", "a#1", text="a secret"),)), project="borealis")
    trace = a_trace(1, candidates=(candidate("c1", "a#1", text="a secret"),))
    keep(trace)
    from tracing import store

    store.command("ALTER TABLE chunks DELETE WHERE project = 'atlas' SETTINGS mutations_sync = 2")
    back = queries.trace(project="atlas", trace_id=trace_id(1))
    assert back is not None
    assert back.trace.candidates[0].text is None


@pytest.mark.parametrize(
    ("rooted", "silent_s", "settled"), [(True, 4, False), (True, 6, True), (False, 59, False), (False, 61, True)]
)
def test_a_trace_is_settled_when_its_root_ended_and_it_fell_silent(rooted: bool, silent_s: int, settled: bool) -> None:
    keep(a_trace(1, rooted=rooted), arrived_ns=NOW_NS - silent_s * SECOND)
    row = queries.trace_page(scope=scope()).rows[0]
    assert row.settled is settled
    assert found("settled:true") == ([1] if settled else [])


@pytest.mark.parametrize(
    ("fields", "live"),
    [
        ({}, True),
        ({"environment": "prod"}, True),
        ({"environment": "production"}, True),
        ({"environment": "staging"}, False),
        ({"environment": "prod", "run_id": "run-1"}, False),
    ],
)
def test_a_trace_is_live_in_a_live_environment_and_outside_of_runs(fields: dict[str, str], live: bool) -> None:
    keep(a_trace(1, **fields))
    row = queries.trace_page(scope=scope()).rows[0]
    one = queries.trace(project="atlas", trace_id=trace_id(1))
    assert one is not None
    assert row.live is one.live is live
    assert found("live:true") == ([1] if live else [])


def test_the_projects_own_words_count() -> None:
    keep(a_trace(1, environment="eu", confidence=0.6))
    assert found("live:true confidence:high", live=("eu",), answer_cut=0.6) == [1]


def test_neighbours_asked_the_same_question() -> None:
    keep(a_trace(1, query="What is a Signal?", age_s=9), a_trace(2, query="what is  a signal", age_s=8))
    keep(a_trace(3, query="what is a task"), a_trace(4, query="What is a signal?"), project="borealis")
    one = queries.trace(project="atlas", trace_id=trace_id(1))
    assert one is not None
    found = queries.neighbours(project="atlas", trace=one.trace)
    assert ([int(row.trace_id) for row in found.rows], found.total) == ([2], 1)


def test_neighbours_are_the_newest_of_many_and_how_many_there_are() -> None:
    keep(*(a_trace(number, query="What is a signal?", age_s=number) for number in range(1, 31)))
    found = queries.neighbours(project="atlas", trace=a_trace(1, query="What is a signal?"))
    assert ([row.trace_id for row in found.rows], found.total) == ([trace_id(number) for number in range(2, 22)], 29)


def test_signals_are_read_with_their_types_and_before_their_trace() -> None:
    keep_signal(trace_id(7), "score", "0.5", name="helpful", number=0.5)
    keep_signal(trace_id(7), "resolved", "True", number=1.0)
    keep_signal(trace_id(7), "comment", "", comment="no")
    said = {s.kind: s.value for s in queries.signals(project="atlas", trace_id=trace_id(7))}
    assert said == {"score": 0.5, "resolved": True, "comment": None}


def test_the_tree_has_structure_and_a_span_its_content() -> None:
    text = "a candidate's text that is longer than a reference to it would be, by far"
    trace = a_trace(1, candidates=(candidate("c1", "a#1", text=text),))
    start, said = trace.started_ns, {"input.value": text, "retrieval.documents.0.document.content": text, "k": 5}
    keep(trace)
    keep_spans(
        *(Span(trace.trace_id, f"{n:016x}", "", f"span {n}", start + n, start + n + 5, said) for n in range(250)),
        of=trace,
    )
    tree = queries.span_tree(project="atlas", trace_id=trace_id(1))
    assert [outline.name for outline in tree] == [f"span {n}" for n in range(250)]
    span = queries.span(project="atlas", trace_id=trace_id(1), span_id=tree[7].span_id)
    assert span is not None
    assert span.attributes == said
    assert [s.name for s in queries.spans(project="atlas", trace_id=trace_id(1))] == [f"span {n}" for n in range(250)]
    assert queries.span(project="borealis", trace_id=trace_id(1), span_id=tree[7].span_id) is None


def test_the_account_adds_up() -> None:
    from tracing import store

    store.insert(
        "account",
        {
            "project": ["atlas", "atlas", "borealis"],
            "day": [20_700, 20_701, 20_701],
            "batch": ["a", "b", "c"],
            "client": ["x", "x", "x"],
            "traces": [1, 2, 9],
            "stored": [10, 20, 9],
            "duplicate": [1, 0, 9],
            "rejected": [0, 2, 9],
            "bad": [0, 1, 9],
        },
    )
    account = queries.account(project="atlas", waiting=7)
    assert (account.total.stored, account.total.waiting, account.total.received) == (30, 7, 41)
    assert [day.received for day in account.days] == [7, 23, 11]


SELECTS = Path(settings.BASE_DIR) / "tracing" / "queries"


def test_every_query_takes_its_project_by_name_and_its_sql_names_it() -> None:
    for name in queries.__all__:
        function = getattr(queries, name)
        if not inspect.isfunction(function):
            continue
        kinds = {p.name: p.kind for p in inspect.signature(function).parameters.values()}
        assert set(kinds.values()) == {inspect.Parameter.KEYWORD_ONLY}, name
        assert kinds.keys() & {"project", "scope", "projects"}, name


WITHIN = re.compile(
    r"project (= \{\{?project:String|IN \{projects)|@WHERE@|\{AT\}|\{where\}|\{condition\}[^)]*\*\*found_by"
)


def test_every_select_is_within_a_project() -> None:
    sources = [*SELECTS.glob("*.py"), SELECTS.parent / "filters" / "sql.py"]
    selects = []
    for path in sources:
        text = re.sub(r'"\s*\n\s*f?"', "", path.read_text())
        selects += [
            (path.name, text[at.start() : at.start() + 400])
            for at in re.finditer(r"FROM (?:traces|spans|chunks|signals|marks|account|refusals)\b", text)
        ]
    assert len(selects) > 15
    for name, select in selects:
        assert WITHIN.search(select), (name, select)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("began", [0, HOUR_NS, 1_790_000_000 * 10**9])
def test_what_picks_traces_by_key_is_within_a_project_and_hour(clean_store: None, count: int, began: int) -> None:
    hours = [began // HOUR_NS * HOUR_NS + number * HOUR_NS for number in range(3)]
    for project in ("atlas", "borealis"):
        store.insert("marks", {"project": [project] * 3, "key_ts": hours, "trace_id": ["t"] * 3})
    condition, found_by = picked("atlas", [TraceKey(hour + 7, "t") for hour in hours[:count]])
    found = store.rows(f"SELECT project, key_ts FROM marks WHERE {condition} ORDER BY key_ts", **found_by)
    assert list(found) == [("atlas", hour) for hour in hours[:count]]


@pytest.mark.parametrize("count", [1, 2])
def test_what_picks_traces_by_key_finds_those_of_clocks_far_ahead(clean_store: None, count: int) -> None:
    keys = [TraceKey(2**63 - 1 - number * HOUR_NS, f"t{number}") for number in range(count)]
    store.insert(
        "marks",
        {"project": ["atlas"] * count, "key_ts": [k.key_ns for k in keys], "trace_id": [k.trace_id for k in keys]},
    )
    condition, found_by = picked("atlas", keys)
    assert store.rows(f"SELECT count() FROM marks WHERE {condition}", **found_by) == [(count,)]


def test_no_value_is_ever_written_into_sql() -> None:
    for path in [*SELECTS.glob("*.py"), SELECTS.parent / "filters" / "sql.py"]:
        for line in path.read_text().splitlines():
            assert not re.search(r"'\{(?!.*:)", line), (path.name, line)
    assert LONG_AGO_NS < NOW_NS


@pytest.mark.parametrize("pasted", [trace_id(10), trace_id(10).upper(), "00000000-0000-0000-0000-00000000000a"])
def test_an_id_that_is_pasted_finds_its_trace(pasted: str) -> None:
    keep(rich(10), rich(11))
    assert found(pasted) == [10]
    assert found(f'query:"{pasted}"') == []


def test_facets_show_what_the_list_then_finds_and_all_of_our_own_words() -> None:
    for number, fault in enumerate(list(Fault)[:20], start=1):
        keep(rich(number), fault=fault.label, anchors="ok" if number % 2 else "false")
    keep(rich(30), fault="", thumb="", anchors="ok", flags=[])
    said = {facet.field: {value.value: value.n for value in facet.values} for facet in queries.facets(scope=scope(""))}
    assert len(said["fault"]) == 20
    assert said["anchor"] == {"false": len(found("anchor:false"))}
