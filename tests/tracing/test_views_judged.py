"""The pages of what was judged: the verdict on the trace page, a person's word, the corpus page."""

import html
import json
import re
import time
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from django.test import Client

from tests.conftest import Sender
from tests.tracing.stored import a_trace, candidate, keep, keep_marks, keep_signal, stage, trace_id
from tests.tracing.test_attribute import QUESTION, dropped, history
from tracing.attribution.engine import RULES_VERSION
from tracing.corpus import drift
from tracing.judging import attribute
from tracing.judging.verdicts import Row, Standing
from tracing.models import Project
from tracing.pages.stale_word import overlooked
from tracing.pages.value_words import symptom_words
from tracing.pages.verdict_view import supported_but
from tracing.records import Check, Citation, Lane, StageRecord, Verdict

pytestmark = pytest.mark.usefixtures("clean_store")

HOSTILE = "<script>alert(1)</script>\u202e"
PAGE = f"/p/atlas/traces/{trace_id(1)}"


@pytest.fixture
def judged(sender: Sender, people: dict[str, Any]) -> Sender:
    """A trace whose expected page the reranker dropped, judged."""
    lines = [{"anchor": anchor, "product": "atlas", "path": "a.md"} for anchor in ("doc#other", "doc#sign", HOSTILE)]
    sender.put("/api/v1/corpus/manifest", "\n".join(map(json.dumps, lines)), version="1", effective_at="2026-01-01")
    line = {"query": QUESTION, "behaviour": "answer", "anchors": ["doc#sign"], "note": HOSTILE}
    sender.put("/api/v1/expectations", json.dumps(line))
    keep(dropped())
    keep_marks(dropped(), version=2, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    return sender


def signed_in(people: dict[str, Any], name: str) -> Client:
    client = Client()
    client.force_login(people[name])
    return client


def test_the_trace_page_lights_the_stage_and_shows_the_evidence(judged: Sender, people: dict[str, Any]) -> None:
    page = signed_in(people, "vera").get(PAGE).content.decode()
    assert 'data-stage="rerank" data-state="ok" data-blamed' in page
    assert "Broke at rerank: the page that answers it was dropped" in page
    assert "reranked 14th" in page
    assert '<b class="why">expected; lost here</b>' in page
    row = page.split('id="row-')[1].split('"')[0]
    assert f'<a class="id" href="#row-{row}">doc#sign</a>: ' in page
    assert "<b>certain</b>, from the lists and what was expected" in page
    assert "lexical support <b>" in page
    assert "No, it was something else" not in page and 'data-key="a"' not in page


@pytest.mark.parametrize(
    ("stage", "fault", "said"),
    [
        ("context", "budget_drop", "the context was the wrong one"),
        ("index", "content_drift", "the context was out of date"),
        ("index", "not_indexed", "the context was the wrong one"),
        ("validate", "false_anchor", "what it cites is a page of another product"),
        ("validate", "missed_refusal", "it should have refused"),
        ("generate", "incomplete", ""),
        (None, "unknown", ""),
    ],
)
def test_support_beside_a_blamed_stage_says_what_it_means(stage: str | None, fault: str, said: str) -> None:
    assert supported_but(Verdict(stage, fault, "gold", "certain", "r", 3)) == said


def test_an_answer_out_of_the_wrong_context_has_support_and_says_of_what_once(
    judged: Sender, people: dict[str, Any]
) -> None:
    keep_marks(dropped(), version=int(time.time() * 10**9), stage="rerank", fault="dropped", groundedness=1.0,
               grounded_by="lexical")  # fmt: skip
    page = signed_in(people, "vera").get(PAGE).content.decode()
    assert "lexical support <b>1.00</b></li>" in page
    assert html.unescape(page).count("words are in the context that it had, and the context was the wrong one") == 1
    assert "hold the answer" not in page


def test_the_short_form_says_what_broke_and_leads_to_the_evidence(judged: Sender, people: dict[str, Any]) -> None:
    page = signed_in(people, "vera").get(f"{PAGE}/peek").content.decode()
    assert "Broke at rerank: the page that answers it was dropped" in page
    assert f'<a class="id" href="{PAGE}#row-' in page


def test_a_member_says_that_the_rules_are_right_and_their_evidence_stays(
    judged: Sender, people: dict[str, Any]
) -> None:
    theo = signed_in(people, "theo")
    page = theo.get(PAGE, {"q": "fault:dropped"}).content.decode()
    assert f'action="{PAGE}/verdict?q=fault%3Adropped"' in page
    assert 'name="what" value="rerank.dropped" data-key="a">Right' in page
    answer = theo.post(f"{PAGE}/verdict?q=fault%3Adropped", {"what": "rerank.dropped"})
    assert answer["Location"] == f"{PAGE}?q=fault%3Adropped"
    page = theo.get(PAGE).content.decode()
    assert "said by <b><bdi>theo</bdi></b>" in page and "reranked 14th" in page
    assert 'data-key="a"' not in page


def test_the_blamed_stages_own_check_is_named(sender: Sender, people: dict[str, Any]) -> None:
    check = Check("score_margin", 0.001, 0.002, False)
    keep(a_trace(1, query="Why?", stages=(stage("rerank", status="error", error="boom", checks=(check,)),)))
    keep_marks(a_trace(1), version=2, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = signed_in(people, "vera").get(PAGE).content.decode()
    assert "Broke at rerank" in page
    assert '<p class="why">its own check: <bdi>score margin 0.001, needs 0.002</bdi></p>' in page


def test_the_list_says_a_fault_in_words(judged: Sender, people: dict[str, Any]) -> None:
    page = signed_in(people, "vera").get("/p/atlas/traces?q=has:fault").content.decode()
    assert '<span class="stage" data-stage="rerank">rerank</span>' in page
    assert "the page that answers it was dropped" in page


@pytest.mark.parametrize(
    ("errors", "mark", "said"),
    [
        (False, {}, "no failure seen"),
        (True, {}, "no failure seen; generate had an error"),
        (False, {"due": True}, "not judged yet"),
        (True, {"due": True}, "not judged yet; generate had an error"),
        (False, {"fault": "unknown"}, "failed the cause can't be told yet"),
    ],
)
def test_a_row_says_whether_its_trace_was_judged(
    judged: Sender, people: dict[str, Any], errors: bool, mark: dict[str, Any], said: str
) -> None:
    stages = (stage("generate", status="error", error="Error: overloaded"),) if errors else ()
    keep(a_trace(2, query="Sought", stages=stages), **mark)
    page = signed_in(people, "vera").get("/p/atlas/traces?q=sought").content.decode()
    cell = page.partition('<td class="broke">')[2].partition("</td>")[0]
    assert html.unescape(" ".join(re.sub("<[^>]*>", " ", cell).split())).replace(" ;", ";") == said


def test_a_trace_that_has_not_failed_has_no_verdict(judged: Sender, people: dict[str, Any]) -> None:
    keep(dropped(2, query="other"))
    page = signed_in(people, "theo").get(f"/p/atlas/traces/{trace_id(2)}").content.decode()
    assert "data-blamed" not in page and "Not judged yet" in page


def test_a_page_that_waits_for_its_verdict_is_told_once_it_is_there(sender: Sender, people: dict[str, Any]) -> None:
    vera = signed_in(people, "vera")
    keep(dropped(), arrived_ns=time.time_ns())
    assert f'hx-get="{PAGE}/judged" hx-trigger="every 3s"' in vera.get(PAGE).content.decode()
    waiting = vera.get(f"{PAGE}/judged")
    assert (waiting.status_code, waiting.content) == (204, b"")
    keep(dropped(), version=2)
    keep_marks(dropped(), version=3, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    there = vera.get(f"{PAGE}/judged", {"q": "has:fault"})
    assert (there.status_code, there.headers.get("HX-Refresh")) == (286, None)
    said = there.content.decode()
    assert "It has been judged." in said and f'hx-get="{PAGE}?q=has%3Afault" hx-trigger="idle"' in said
    page = vera.get(PAGE).content.decode()
    assert all(f'id="{part}"' in page for part in ("verdict", *re.findall(r"#([\w-]+),?", said.partition("-oob=")[2])))
    assert 'hx-get="' + PAGE + "/judged" not in vera.get(PAGE).content.decode()
    gone = vera.get(f"/p/atlas/traces/{'0' * 32}/judged")
    assert gone.status_code == 286 and "every 3s" not in gone.content.decode()


@pytest.mark.parametrize(
    ("mark", "thumbs", "words"),
    [
        ({}, (), "Seen so far:"),
        ({"due": True}, (), "Noticed, and no failure:"),
        ({"due": True}, ("down",), "Also noticed:"),
    ],
)
def test_what_was_noticed_is_led_in_by_what_became_of_the_trace(
    sender: Sender, people: dict[str, Any], mark: dict[str, Any], thumbs: tuple[str, ...], words: str
) -> None:
    subject = a_trace(1, query="What?", answer="So.", flags=("retried:embed", "slow:embed"))
    keep(subject)
    for thumb in thumbs:
        keep_signal(trace_id(1), "thumb", thumb)
    keep_marks(subject, version=3, flags=["retried:embed", "slow:embed"], **mark)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = signed_in(people, "vera").get(PAGE).content.decode()
    listed = page.partition(f"<span>{words}</span>")[2].partition("</ul>")[0]
    assert re.findall("<li><a [^>]*>([^<]*)</a></li>", listed) == ["embed was tried more than once", "embed was slow"]


def test_citations_are_checked_once_the_trace_has_settled(judged: Sender, people: dict[str, Any]) -> None:
    subject = a_trace(2, query="What?", answer="So [1].", citations=(Citation(anchor="doc#sign"),))
    keep(subject)
    vera = signed_in(people, "vera")
    page = vera.get(f"/p/atlas/traces/{trace_id(2)}").content.decode()
    assert "they are checked once the trace has settled" in page and "was given no list" not in page
    keep_marks(subject, version=3, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = vera.get(f"/p/atlas/traces/{trace_id(2)}").content.decode()
    assert "once the trace has settled" not in page and "was given no list" not in page


def test_citations_without_a_manifest_say_that_there_is_none(sender: Sender, people: dict[str, Any]) -> None:
    keep(a_trace(1, query="What?", answer="So [1].", citations=(Citation(anchor="doc#sign"),)))
    keep_marks(a_trace(1), version=2, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = signed_in(people, "vera").get(PAGE).content.decode()
    assert "Not checked: the project was given no list of the pages that exist." in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"refused": True, "answer": "I can't find this."}, "It refused, so it cites nothing."),
        ({"outcome": "refuse", "answer": "I can't find this."}, "It refused, so it cites nothing."),
        ({"answer": "So."}, "The answer cites nothing that could be read from the trace."),
        ({}, "No answer was sent, so nothing is cited."),
    ],
)
def test_no_citation_is_explained_by_what_was_answered(
    sender: Sender, people: dict[str, Any], said: dict[str, Any], words: str
) -> None:
    keep(a_trace(1, query="What?", **said))
    page = html.unescape(signed_in(people, "vera").get(PAGE).content.decode())
    assert words in page.partition('id="citations-title"')[2].partition("</section>")[0]


def test_lanes_that_returned_nothing_are_named(judged: Sender, people: dict[str, Any]) -> None:
    subject = a_trace(2, query="What?", answer="So.", lanes=(Lane("lexical"), Lane("vector")))
    keep(subject)
    keep_marks(subject, version=3, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = html.unescape(signed_in(people, "vera").get(f"/p/atlas/traces/{trace_id(2)}").content.decode())
    assert "Its lanes returned nothing: <bdi>lexical 0, vector 0</bdi>" in page
    assert "Its lanes were asked and returned nothing: <bdi>lexical 0, vector 0</bdi>" in page
    assert "Not seen: what was retrieved" not in page and "A routed or cached answer" not in page


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([stage("route"), stage("embed", status="error")], "It ended at embed, before anything was retrieved."),
        ([stage("embed"), stage("retrieve", status="timeout")], "It ended at retrieve, before anything was retrieved."),
        ([stage("retrieve", status="error"), stage("retrieve", round=2)], "A routed or cached answer has none"),
        ([stage("embed", status="error"), stage("retrieve")], "A routed or cached answer has none"),
        ([stage("retrieve"), stage("generate", status="error")], "A routed or cached answer has none"),
    ],
)
def test_a_pipeline_that_ended_before_retrieval_is_not_told_to_send_more(
    sender: Sender, people: dict[str, Any], stages: list[StageRecord], said: str
) -> None:
    keep(a_trace(1, query="What?", stages=tuple(stages)))
    page = html.unescape(signed_in(people, "vera").get(PAGE).content.decode())
    assert f"No chunks in this trace. {said}" in page
    assert ("What to send" in page) == ("ended" not in said)


def test_a_question_that_was_asked_often_says_how_often(sender: Sender, people: dict[str, Any]) -> None:
    keep(*(a_trace(number, query="What is a signal?") for number in range(1, 31)))
    page = signed_in(people, "vera").get(PAGE).content.decode()
    assert "asked 29 more times</a>" in page
    assert "The same question, asked again <small>the newest 20 of 29</small>" in page


def test_a_page_opened_early_is_told_that_all_of_it_has_arrived(sender: Sender, people: dict[str, Any]) -> None:
    vera = signed_in(people, "vera")
    keep(dropped(), arrived_ns=time.time_ns())
    assert f'hx-get="{PAGE}/arrived" hx-trigger="every 5s" hx-swap="outerHTML">still arriving<' in (
        vera.get(PAGE).content.decode()
    )
    assert vera.get(f"{PAGE}/arrived").status_code == 204
    keep(dropped(), version=2)
    whole = vera.get(f"{PAGE}/arrived", {"q": "has:fault"})
    assert whole.status_code == 286
    assert f'all of it has arrived: <a href="{PAGE}?q=has%3Afault">' in whole.content.decode()
    assert "still arriving" not in vera.get(PAGE).content.decode()
    assert vera.get(f"/p/atlas/traces/{'0' * 32}/arrived").status_code == 286


def test_symptoms_and_the_history_are_said_in_words(judged: Sender, people: dict[str, Any]) -> None:
    assert symptom_words("validate.false_anchor") == "it cites a real page of another product (validate)"
    assert symptom_words("of_the_future") == "of_the_future"
    theo = signed_in(people, "theo")
    theo.post(f"{PAGE}/verdict", {"what": "generate.incomplete"})
    page = html.unescape(theo.get(PAGE).content.decode())
    history = page.partition("<summary>History")[2]
    assert "rerank: the page that answers it was dropped, certain" in history
    assert "generate: the context held the answer, and the answer leaves it out" in history


def test_a_member_is_asked_what_went_wrong_where_the_cause_is_not_known(judged: Sender, people: dict[str, Any]) -> None:
    keep(a_trace(2, query="?", answer="!"))
    keep_signal(trace_id(2), "thumb", "down")
    keep_marks(a_trace(2), version=3, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = signed_in(people, "theo").get(f"/p/atlas/traces/{trace_id(2)}").content.decode()
    assert "the cause can&#x27;t be told yet" in page or "the cause can't be told yet" in page
    assert "Say what went wrong" in page and "No, it was something else" not in page
    assert f"rule set {RULES_VERSION}" in page and "<b>unknown</b>" not in page


def test_what_names_the_anchors_that_would_decide_is_filled_in(judged: Sender, people: dict[str, Any]) -> None:
    keep(a_trace(2, query="?", answer="!", candidates=(candidate("c1", "doc#other"),)))
    keep_signal(trace_id(2), "thumb", "down")
    keep_marks(a_trace(2), version=3, due=True)
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    vera = signed_in(people, "vera")
    page = html.unescape(vera.get(f"/p/atlas/traces/{trace_id(2)}").content.decode())
    command = page.partition("<summary>How to name them</summary>")[2].partition("</pre>")[0].partition(">curl")[2]
    assert f"{settings.PUBLIC_URL}/api/v1/expectations' \\\n" in command
    line = command.partition("--data-binary '")[2].rstrip("'")
    assert json.loads(line)["trace_id"] == trace_id(2)
    assert judged.put("/api/v1/expectations", line).json() == {"accepted": 1, "rejected": 0, "errors": []}
    assert "How to name them" not in vera.get(PAGE).content.decode()


def test_a_member_says_what_is_right_instead(judged: Sender, people: dict[str, Any]) -> None:
    theo = signed_in(people, "theo")
    answer = theo.post(PAGE + "/verdict", {"what": "generate.ungrounded", "note": HOSTILE}, follow=True)
    page = answer.content.decode()
    assert 'data-stage="generate" data-state="ok" data-blamed' in page
    assert "said by <b><bdi>theo</bdi></b>" in page and "<script>alert" not in page
    assert [(row.verdict.fault, row.person) for row in history()] == [("ungrounded", "theo"), ("dropped", "")]
    page = theo.post(PAGE + "/verdict", {"what": ".none"}, follow=True).content.decode()
    assert "Nothing went wrong, says <bdi>theo</bdi>" in page and "data-blamed" not in page


def seen_on(page: str) -> str:
    return page.partition('name="seen" value="')[2].partition('"')[0]


def test_nobody_overrules_in_silence_what_another_said_meanwhile(judged: Sender, people: dict[str, Any]) -> None:
    mara, theo = signed_in(people, "mara"), signed_in(people, "theo")
    seen = seen_on(theo.get(PAGE).content.decode())
    assert seen == "rerank.dropped"
    cleared = {"what": ".none", "note": "it was a test", "seen": seen_on(mara.get(PAGE).content.decode())}
    assert mara.post(f"{PAGE}/verdict", cleared).status_code == 302
    answer = theo.post(f"{PAGE}/verdict", {"what": "rerank.dropped", "note": "as I said", "seen": seen})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 409 and len(history()) == 2
    assert "mara said “nothing went wrong” just now: look again. Nothing was saved." in page
    assert '<option value="rerank.dropped" selected>' in page and "as I said" in page and "it was a test" in page
    again = {"what": "rerank.dropped", "seen": seen_on(page)}
    assert theo.post(f"{PAGE}/verdict", again).status_code == 302
    assert [row.person for row in history()] == ["theo", "mara", ""]


@pytest.mark.parametrize(
    ("row", "seen", "words"),
    [
        (None, "", ""),
        (Row(Verdict("rerank", "dropped", "gold", "certain", "r", 3), 5), "", ""),
        (Row(Verdict("rerank", "dropped", "gold", "certain", "r", 3), 5), "rerank.dropped", ""),
        (Row(Verdict("rerank", "dropped", "gold", "certain", "r", 3), 5), "retrieve.miss", "The rules said"),
        (Row(Verdict(None, "unknown", "human", "certain", "human", 0), 5, person="mara"), "", "mara said"),
        (Row(Verdict(None, "unknown", "human", "certain", "human", 0), 5, person="mara"), "5", ""),
        (Row(Verdict(None, "unknown", "human", "certain", "human", 0), 5, person="mara"), None, ""),
        (Row(Verdict(None, "unknown", "human", "certain", "human", 0), 5, person="theo"), "", ""),
    ],
)
def test_what_counts_as_overlooked(row: Row | None, seen: str | None, words: str) -> None:
    standing = Standing(human=row) if row and row.person else Standing(engine=row)
    said = overlooked(standing, seen, "theo")
    assert said.startswith(words) and bool(said) == bool(words)


@pytest.mark.parametrize("what", ["", "rerank.miss", "oven.error", "none"])
def test_what_cannot_have_happened_is_refused_beside_the_form(
    judged: Sender, people: dict[str, Any], what: str
) -> None:
    answer = signed_in(people, "theo").post(PAGE + "/verdict", {"what": what})
    assert answer.status_code == 422
    assert len(history()) == 1


@pytest.mark.parametrize(("name", "status"), [("mara", 302), ("theo", 302), ("vera", 403), ("kim", 404)])
def test_who_may_say_so(judged: Sender, people: dict[str, Any], name: str, status: int) -> None:
    answer = signed_in(people, name).post(PAGE + "/verdict", {"what": "generate.ungrounded"})
    assert answer.status_code == status
    assert len(history()) == (2 if status == 302 else 1)


def test_nobody_says_so_by_following_a_link(judged: Sender, people: dict[str, Any]) -> None:
    opened = signed_in(people, "theo").get(PAGE + "/verdict?q=stage:rerank", follow=True)
    assert opened.redirect_chain == [(f"{PAGE}?q=stage%3Arerank", 302)]
    assert "Nothing was saved; send it again." in opened.content.decode()
    assert Client().post(PAGE + "/verdict", {"what": ".none"}).status_code == 302
    assert len(history()) == 1


def test_the_list_shows_the_verdict_and_counts_it(judged: Sender, people: dict[str, Any]) -> None:
    theo = signed_in(people, "theo")
    page = theo.get("/p/atlas/traces", {"q": "stage:rerank"}).content.decode()
    assert trace_id(1) in page and "dropped" in page
    assert "certainty" in theo.get("/p/atlas/traces-facets").content.decode()


def test_facets_say_faults_flags_and_citations_in_words_and_ask_for_the_same_values(
    judged: Sender, people: dict[str, Any]
) -> None:
    keep(a_trace(2), fault="unknown", kind="heuristic", flags=["check_failed:rerank"], anchors="false")
    facets = html.unescape(signed_in(people, "vera").get("/p/atlas/traces-facets").content.decode())
    for clause, said in (
        ("fault:dropped", "the page that answers it was dropped"),
        ("fault:unknown", "the cause can't be told yet"),
        ("kind:gold", "from the lists and what was expected"),
        ("flag:check_failed:rerank", "a check at rerank did not pass"),
        ("anchor:false", "a page of another product"),
    ):
        link = facets.partition(f'title="{clause}"')
        assert f"<bdi>{said}</bdi>" in link[2].partition("</a>")[0]
        asked = parse_qs(link[0].rpartition('href="')[2].partition('"')[0].partition("?")[2])
        assert asked["q"][0].replace('"', "") == clause


def test_the_corpus_page_without_a_manifest_says_how_to_push_one(sender: Sender, people: dict[str, Any]) -> None:
    page = signed_in(people, "vera").get("/p/atlas/corpus/").content.decode()
    assert "No manifest yet" in page and "/api/v1/corpus/manifest?version=" in page


def test_the_corpus_page_shows_what_exists_and_what_came_apart(judged: Sender, people: dict[str, Any]) -> None:
    lines = [{"anchor": "doc#other", "product": "atlas", "path": "b.md"}, {"anchor": "n", "product": "x", "path": "p"}]
    judged.put("/api/v1/corpus/manifest", "\n".join(map(json.dumps, lines)), version="2", effective_at="2026-02-01")
    drift.look("atlas")
    vera = signed_in(people, "vera")
    page = vera.get("/p/atlas/corpus/", {"version": "2"}).content.decode()
    assert "<td>moved</td>" in page and "<td>added</td>" in page and "<td>removed</td>" in page
    assert "<script>alert" not in page
    assert "never retrieved" in page and "in force" in page
    assert "No anchor holds" in vera.get("/p/atlas/corpus/", {"q": HOSTILE}).content.decode()
    assert "doc#other" not in vera.get("/p/atlas/corpus/", {"product": "x"}).content.decode().partition("drift")[0]


def test_outsiders_see_no_corpus(judged: Sender, people: dict[str, Any]) -> None:
    assert signed_in(people, "kim").get("/p/atlas/corpus/").status_code == 404
    assert Client().get("/p/atlas/corpus/").status_code == 302
