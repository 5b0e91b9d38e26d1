"""The pages on a real store: the list, the trace, what they load, who may see them."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.conftest import Sender
from tests.e2e import made
from tests.tracing.otlp_bodies import START_NS, otlp_json, otlp_span
from tracing.models import Membership, Project, SavedView

TRACE = f"/p/atlas/traces/{made.FULL}"


@pytest.fixture
def seeded(sender: Sender, drained: Callable[[], None], people: dict[str, Any]) -> None:
    """Every kind of trace that pages must bear."""
    for path, items in (("traces", made.traces()), ("signals", made.signals())):
        assert sender.post(f"/api/v1/{path}", made.as_json(items), "application/json").status_code == 202
    drained()


@pytest.fixture
def mara(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["mara"])
    return client


def text(response: Any) -> str:
    assert response.status_code in (200, 400), response
    return str(response.content.decode())


def kept(page: str) -> str:
    """What takes back the deletion of a view."""
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found is not None
    return found[1]


HTMX = {"HX-Request": "true"}
PAGES = (
    "traces", "traces-count", "traces-facets", f"traces/{made.FULL}", f"traces/{made.FULL}/peek",
    f"traces/{made.FULL}/chunk?id=chunk-000", f"traces/{made.FULL}/spans", f"traces/{made.FULL}/text/answer",
    f"traces/{made.FULL}/json", f"traces/{made.FULL}/replay", f"traces/{made.FULL}/journey.csv", "start/", "ingest/",
)  # fmt: skip


@pytest.mark.usefixtures("seeded")
class TestWhoMaySeeThem:
    def test_members_of_any_role_may_and_outsiders_are_told_nothing(self, people: dict[str, Any]) -> None:
        clients = {name: Client() for name in ("mara", "vera", "kim")}
        for name, client in clients.items():
            client.force_login(people[name])
        for page in PAGES:
            answers = {name: client.get(f"/p/atlas/{page}").status_code for name, client in clients.items()}
            assert answers == {"mara": 200, "vera": 200, "kim": 404}, page

    def test_nobody_may_without_signing_in(self, client: Client) -> None:
        for page in PAGES:
            assert client.get(f"/p/atlas/{page}")["Location"].startswith("/accounts/login/?next=/p/atlas/"), page

    def test_a_trace_of_another_project_is_not_shown_in_ones_own(self, mara: Client, people: dict[str, Any]) -> None:
        other = Project.objects.create(slug="other", name="Other")
        Membership.objects.create(project=other, user=people["mara"])
        assert mara.get(f"/p/other/traces/{made.FULL}").status_code == 404

    def test_a_permalink_finds_the_project_among_ones_own(self, mara: Client, people: dict[str, Any]) -> None:
        assert mara.get(f"/t/{made.FULL}")["Location"] == TRACE
        kim = Client()
        kim.force_login(people["kim"])
        assert kim.get(f"/t/{made.FULL}").status_code == 404

    @pytest.mark.parametrize("path", ["/p/atlas/traces", TRACE, f"/t/{made.FULL}"])
    def test_a_slash_at_an_addresss_end_is_forgiven(self, client: Client, path: str) -> None:
        assert client.get(f"{path}/", {"q": "has:fault"})["Location"] == f"{path}?q=has%3Afault"


@pytest.mark.usefixtures("seeded")
class TestTheList:
    def test_shows_the_newest_first_with_pages_both_ways(self, mara: Client) -> None:
        first = text(mara.get("/p/atlas/traces"))
        assert first.count("data-row") == 50
        assert first.index(made.FULL) < first.index(made.FAILED)
        onward = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        second = text(mara.get(onward))
        assert second.count("data-row") == 15
        back = second.split('rel="prev" href="')[1].split('"')[0].replace("&amp;", "&")
        assert text(mara.get(back)).count("data-row") == 50

    def test_filters(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"q": "feedback:down"}))
        assert page.count("data-row") == 1
        assert made.FULL in page

    def test_shows_what_is_wrong_with_a_filter_and_what_was_perhaps_meant(self, mara: Client) -> None:
        response = mara.get("/p/atlas/traces", {"q": "prodct:django latency:>1s"})
        assert response.status_code == 400
        page = text(response)
        assert "There is no field &#x27;prodct&#x27;" in page
        assert quote("product:django latency:>1s", safe="").replace("%20", "+") in page
        assert "data-row" not in page

    @pytest.mark.parametrize(
        ("q", "meant"),
        [
            ("outcome:answered", "outcome:answer"),
            ("fault:drop", "fault:dropped"),
            ("NOT stage:rerank", "-stage:rerank"),
            ("product:*", "has:product"),
            ("latency:>2sec", "latency:>2s"),
        ],
    )
    def test_mends_a_value_and_leaves_its_field(self, mara: Client, q: str, meant: str) -> None:
        assert f'Perhaps <a href="/p/atlas/traces?q={quote(meant)}">' in text(mara.get("/p/atlas/traces", {"q": q}))

    def test_shows_what_is_wrong_with_a_time(self, mara: Client) -> None:
        response = mara.get("/p/atlas/traces", {"from": "yesterdayish"})
        assert response.status_code == 400
        assert "is no time" in text(response)

    @pytest.mark.parametrize(
        ("asked", "said", "kept"),
        [
            ({"sort": "colour"}, "There is no order 'colour'", ""),
            ({"sort": "colour", "cursor": "x"}, "There is no order 'colour'", ""),
            ({"sort": "latency", "cursor": "x"}, "This cursor was not given out here", "latency"),
        ],
    )
    def test_drops_an_order_or_a_place_that_is_none_and_leads_on(
        self, mara: Client, asked: dict[str, str], said: str, kept: str
    ) -> None:
        answer = mara.get("/p/atlas/traces", asked)
        assert said in html.unescape(text(answer))
        following = re.search(r'rel="next" href="([^"]+)"', text(answer))
        assert following is not None
        second = mara.get(html.unescape(following[1]))
        assert "This is the first page" not in text(second)
        bar, page = second.context["bar"], second.context["page"]
        assert (bar.sort, page.rows[0] in answer.context["page"].rows) == (kept, False)

    def test_begins_anew_on_a_cursor_that_is_none(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"cursor": "nonsense"}))
        assert "This is the first page" in page
        assert page.count("data-row") == 50

    def test_says_what_to_do_when_nothing_matches(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"q": "product:nothing", "from": "1h"}))
        assert "No trace matches" in page
        assert "Any time</a>" in page

    def test_has_views_of_its_own_and_says_what_a_filter_can_be(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"q": "has:fault", "from": "7d"}))
        assert (
            '<li data-on><a href="/p/atlas/traces?q=has%3Afault&amp;from=7d" title="has:fault">Failed</a></li>' in page
        )
        for link in re.findall(r'<dt><a href="([^"]+)"', page):
            assert mara.get(link.replace("&amp;", "&")).status_code == 200, link
        assert "what was noticed and is no failure" in page

    def test_calls_support_groundedness_only_where_more_than_words_were_compared(
        self, mara: Client, sender: Sender, drained: Callable[[], None]
    ) -> None:
        head = '<th scope="col" class="number support">{}</th>'
        assert head.format("lexical support") in text(mara.get("/p/atlas/traces"))
        score = {"trace_id": made.FULL, "kind": "score", "name": "groundedness", "value": 0.38}
        sender.post("/api/v1/signals", made.as_json(score), "application/json")
        drained()
        page = text(mara.get("/p/atlas/traces"))
        assert head.format("groundedness") in page
        assert '0.38 <span class="muted small">client</span>' in page
        assert 'groundedness <b class="bad">0.38</b> by client' in text(mara.get(TRACE))

    def test_counts_apart(self, mara: Client) -> None:
        assert "<b>65</b> traces" in text(mara.get("/p/atlas/traces-count", headers=HTMX))
        assert "<b>1</b> trace<" in text(mara.get("/p/atlas/traces-count", {"q": "product:atlas"}))

    def test_a_bound_in_the_filter_is_mended_there_and_not_in_the_time_menu(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"q": "from:7d product:django"}))
        assert "There is no field &#x27;from&#x27;" in page
        meant = quote("time:>=7d product:django", safe="").replace("%20", "+")
        assert f'Perhaps <a href="/p/atlas/traces?q={meant}">' in page
        assert "Any time" not in page
        (invalid,) = re.findall(r'<(\w+)[^>]*aria-invalid="true"', page)
        assert invalid == "input"
        page = text(mara.get("/p/atlas/traces", {"from": "soon"}))
        assert re.findall(r'<(\w+)[^>]*aria-invalid="true"', page) == ["select"]

    def test_offers_facets_that_add_a_value_and_take_it_out_again(self, mara: Client) -> None:
        facets = text(mara.get("/p/atlas/traces-facets", headers=HTMX))
        assert "<bdi>celery</bdi><span>20</span>" in facets
        assert "?q=product%3Acelery" in facets
        chosen = text(mara.get("/p/atlas/traces-facets", {"q": "product:celery"}, headers=HTMX))
        assert '<a href="/p/atlas/traces" aria-current="true"><bdi>celery</bdi>' in chosen

    def test_keeps_a_selected_row_in_its_address(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"selected": made.FULL}))
        assert f'data-trace="{made.FULL}" data-selected' in page
        assert "Open the whole trace" in page

    def test_live_says_only_what_is_newer(self, mara: Client, sender: Sender, drained: Callable[[], None]) -> None:
        page = text(mara.get("/p/atlas/traces", {"live": "1"}))
        ask = page.split('hx-get="/p/atlas/traces-newer')[1].split('"')[0].replace("&amp;", "&")
        assert mara.get(f"/p/atlas/traces-newer{ask}", headers=HTMX).status_code == 204
        new = made.bare() | {"trace_id": "f" * 32, "started_at": made.at(0)}
        sender.post("/api/v1/traces", made.as_json(new), "application/json")
        drained()
        fragment = text(mara.get(f"/p/atlas/traces-newer{ask}", headers=HTMX))
        assert "1 new trace<" in fragment
        assert "f" * 32 in fragment

    def test_live_is_newest_first_and_stays_so_where_the_list_is_asked_for_something_else(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"live": "1", "sort": "latency"}))
        assert re.findall("<option[^>]*>([^<]+ first[^<]*)<", page) == ["newest first, as they come"]
        assert page.index(made.FULL) < page.index(made.FAILED)
        assert '<input type="hidden" name="live" value="1">' in page
        facets = text(mara.get("/p/atlas/traces-facets", {"live": "1"}, headers=HTMX))
        assert "?q=product%3Acelery&amp;live=1" in facets

    def test_facets_are_a_page_of_their_own_without_a_script(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces-facets"))
        assert re.findall("<h[12]>([^<]+)<", page) == ["What are the traces like?", "Facets"]

    def test_live_says_a_verdict_as_soon_as_it_is_there(self, mara: Client) -> None:
        def asked(page: str) -> str:
            return "/p/atlas/traces-newer" + page.split("/p/atlas/traces-newer")[1].split('"')[0].replace("&amp;", "&")

        address = asked(text(mara.get("/p/atlas/traces", {"live": "1"})))
        mara.post(f"{TRACE}/verdict", {"what": "generate.incomplete"})
        renewed = mara.get(address, headers=HTMX)
        assert "the answer leaves it out" in text(renewed)
        assert "new trace" not in text(renewed), "none came"
        assert renewed["HX-Trigger"] == "renewed"
        page = text(mara.get("/p/atlas/traces"))
        for frozen in ("count", "facets"):
            assert f'hx-get="/p/atlas/traces-{frozen}" hx-trigger="load, renewed from:body"' in page
        assert mara.get(asked(text(renewed)), headers=HTMX).status_code == 204


class TestSavedViews:
    def test_are_saved_opened_deleted_and_undone(self, mara: Client, clean_store: None) -> None:
        mara.post("/p/atlas/views/save", {"name": "bad ones", "query": "feedback:down"})
        page = text(mara.get("/p/atlas/traces"))
        assert '/p/atlas/traces?q=feedback%3Adown" title="feedback:down">bad ones' in page
        view = SavedView.objects.get()
        page = text(mara.post(f"/p/atlas/views/{view.pk}/delete", follow=True))
        assert "is deleted" in page
        assert not SavedView.objects.exists()
        assert "is deleted" not in text(mara.get("/p/atlas/traces"))
        mara.post("/p/atlas/views/restore", {"kept": kept(page)})
        assert SavedView.objects.get().query == "feedback:down"
        mara.post("/p/atlas/views/restore", {"kept": kept(page)})
        assert SavedView.objects.count() == 1

    def test_keep_the_time_and_the_order_and_say_that_they_are_kept(self, mara: Client, clean_store: None) -> None:
        asked = {"name": "slow", "query": "env:prod", "since": "7d", "sort": "latency"}
        address = "/p/atlas/traces?q=env%3Aprod&from=7d&sort=latency"
        answer = mara.post("/p/atlas/views/save", asked, follow=True)
        assert answer.redirect_chain == [(address, 302)]
        page = text(answer)
        assert "The view slow is saved." in page
        assert '<li data-on><a href="/p/atlas/traces?q=env%3Aprod&amp;from=7d&amp;sort=latency"' in page
        link = f'href="{address.replace("&", "&amp;")}" title="env:prod, last 7 days, slowest first">slow</a>'
        assert link in text(mara.get("/p/atlas/traces"))
        assert "Save this view" in text(mara.get("/p/atlas/traces", {"from": "7d"}))

    def test_of_a_name_that_is_taken_are_refused(self, mara: Client, clean_store: None) -> None:
        mara.post("/p/atlas/views/save", {"name": "bad ones", "query": "feedback:down"})
        page = text(mara.post("/p/atlas/views/save", {"name": "bad ones", "query": "env:prod"}, follow=True))
        assert "one is called bad ones" in page
        assert SavedView.objects.get().query == "feedback:down"

    def test_that_are_deleted_and_undone_leave_the_list_as_it_is(self, mara: Client, clean_store: None) -> None:
        mara.post("/p/atlas/views/save", {"name": "slow", "query": "env:prod", "sort": "latency"})
        here = "?q=feedback%3Adown&from=7d"
        answer = mara.post(f"/p/atlas/views/{SavedView.objects.get().pk}/delete{here}", follow=True)
        assert answer.redirect_chain == [(f"/p/atlas/traces{here}", 302)]
        undone = mara.post(f"/p/atlas/views/restore{here}", {"kept": kept(text(answer))})
        assert undone["Location"] == f"/p/atlas/traces{here}"
        assert SavedView.objects.get().sort == "latency"

    def test_of_others_are_seen_where_shared_and_deleted_by_owners_alone(
        self, mara: Client, people: dict[str, Any], clean_store: None
    ) -> None:
        project = Project.objects.get(slug="atlas")
        for name, shared in (("theirs", True), ("private", False)):
            SavedView.objects.create(project=project, owner=people["theo"], name=name, query="x", shared=shared)
        page = text(mara.get("/p/atlas/traces"))
        assert "theirs" in page
        assert "private" not in page
        theirs, private = (SavedView.objects.get(name=name).pk for name in ("theirs", "private"))
        vera = Client()
        vera.force_login(people["vera"])
        assert "Delete the view theirs" not in text(vera.get("/p/atlas/traces"))
        assert vera.post(f"/p/atlas/views/{theirs}/delete").status_code == 404
        assert mara.post(f"/p/atlas/views/{private}/delete").status_code == 404
        assert "Delete the view theirs" in page
        deleted = text(mara.post(f"/p/atlas/views/{theirs}/delete", follow=True))
        assert not SavedView.objects.filter(name="theirs").exists()
        assert vera.post("/p/atlas/views/restore", {"kept": kept(deleted)}).status_code == 404
        mara.post("/p/atlas/views/restore", {"kept": kept(deleted)})
        back = SavedView.objects.get(name="theirs")
        assert (back.owner, back.shared) == (people["theo"], True)
        deleted = text(mara.post(f"/p/atlas/views/{back.pk}/delete", follow=True))
        people["theo"].delete()
        answer = text(mara.post("/p/atlas/views/restore", {"kept": kept(deleted)}, follow=True))
        assert "whose view it was is no member any more" in answer and not SavedView.objects.filter(name="theirs")

    def test_beyond_the_first_are_in_a_menu_and_none_is_hidden(
        self, mara: Client, people: dict[str, Any], project: Project, clean_store: None
    ) -> None:
        for number in range(30):
            owner = people["theo" if number % 2 else "mara"]
            SavedView.objects.create(project=project, owner=owner, name=f"view {number:02}", shared=True)
        page = text(mara.get("/p/atlas/traces"))
        own, shared = list(range(0, 30, 2)), list(range(1, 30, 2))
        assert re.findall(r">view (\d\d)</a>", page) == [f"{number:02}" for number in own + shared]
        in_line, menu = page.split("<summary>22 more</summary>")
        assert in_line.count(">view ") == 8
        assert menu.count("Delete the view ") == 22

    def test_that_cannot_be_saved_say_so_and_keep_the_list(self, mara: Client, clean_store: None) -> None:
        for name in ("", "n" * 81):
            answer = mara.post("/p/atlas/views/save", {"name": name, "query": "feedback:down"}, follow=True)
            assert "The view was not saved" in text(answer)
            assert answer.redirect_chain[-1][0] == "/p/atlas/traces?q=feedback%3Adown"
        assert not SavedView.objects.exists()

    def test_of_a_viewer_are_nobody_elses(self, client: Client, people: dict[str, Any], clean_store: None) -> None:
        client.force_login(people["vera"])
        assert "for everybody in the project" not in text(client.get("/p/atlas/traces", {"q": "feedback:down"}))
        client.post("/p/atlas/views/save", {"name": "mine", "query": "feedback:down", "shared": "on"})
        assert not SavedView.objects.get().shared


@pytest.mark.usefixtures("seeded")
class TestTheTrace:
    def test_shows_all_stages_a_row_for_each_chunk_and_the_answer(self, mara: Client) -> None:
        page = text(mara.get(TRACE))
        stages = ("index", "route", "resolve", "embed", "retrieve", "rerank", "context", "generate", "validate")
        places = [page.index(f'<li data-stage="{stage}"') for stage in stages]
        assert places == sorted(places)
        assert 'data-chunk="chunk-000"' in page
        assert "runs once for each time" in page
        assert '<a href="#citation-3">[3]</a>' in page
        assert '<a href="/p/atlas/traces?q=session%3As-41c">its traces</a>' in page
        assert "2,710 of 4,000" in page
        assert "<title>Why is my signal receiver called twice when I connect it in… · What happened" in page

    def test_folds_what_was_dropped_and_shows_it_on_demand(self, mara: Client) -> None:
        folded = text(mara.get(TRACE)).count("data-chunk=")
        whole = text(mara.get(TRACE, {"dropped": "all"})).count("data-chunk=")
        assert folded < whole == 40
        fragment = text(mara.get(TRACE, {"dropped": "all"}, headers=HTMX | {"HX-Target": "journey"}))
        assert fragment.count("data-chunk=") == 40
        assert "<html" not in fragment

    def test_says_that_survival_is_not_known(self, mara: Client) -> None:
        assert "not known whether" in text(mara.get(f"/p/atlas/traces/{made.UNSURE}"))

    def test_shows_what_a_stage_raised(self, mara: Client) -> None:
        page = text(mara.get(f"/p/atlas/traces/{made.FAILED}"))
        assert 'data-stage="rerank" data-state="timeout"' in page
        assert "no answer from the reranker in 5 s" in page

    def test_shows_a_bare_one(self, mara: Client) -> None:
        page = text(mara.get(f"/p/atlas/traces/{made.BARE}"))
        assert "No chunks in this trace" in page
        assert "No answer was sent" in page

    def test_shows_what_was_said_of_it(self, mara: Client) -> None:
        assert "that is celery, not django" in text(mara.get(TRACE))

    def test_names_the_others_that_asked_the_same(
        self, mara: Client, sender: Sender, drained: Callable[[], None]
    ) -> None:
        again = made.full() | {"trace_id": "e" * 32, "started_at": made.at(5)}
        sender.post("/api/v1/traces", made.as_json(again), "application/json")
        drained()
        assert f'/p/atlas/traces/{"e" * 32}"' in text(mara.get(TRACE))

    def test_opens_a_chunks_text_as_a_row_and_as_a_page(self, mara: Client) -> None:
        row = text(mara.get(f"{TRACE}/chunk", {"id": "chunk-001"}, headers=HTMX))
        assert row.startswith('<tr class="opened">')
        assert "What it says, at some length." in row
        assert "<html" in text(mara.get(f"{TRACE}/chunk", {"id": "chunk-001"}))
        assert mara.get(f"{TRACE}/chunk", {"id": "no such"}).status_code == 404

    def test_gives_whole_texts_as_plain_text_that_no_browser_runs(self, mara: Client) -> None:
        response = mara.get(f"/p/atlas/traces/{made.HOSTILE}/text/answer")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Disposition"].startswith("attachment")
        assert len(response.content) > 260_000
        assert mara.get(f"{TRACE}/text/nothing").status_code == 404

    def test_gives_its_journey_as_csv(self, mara: Client) -> None:
        response = mara.get(f"{TRACE}/journey.csv")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == f'attachment; filename="{made.FULL}-journey.csv"'
        assert len(response.content.decode().splitlines()) == 41
        assert f'href="{TRACE}/journey.csv"' in text(mara.get(TRACE))

    def test_that_is_not_here_says_what_may_have_become_of_it(self, mara: Client) -> None:
        response = mara.get(f"/p/atlas/traces/{'0' * 31}1")
        assert response.status_code == 404
        for reason in ("not arrived yet", "another project", "older than"):
            assert reason in response.content.decode()

    def test_as_json_is_indented_for_a_browser_and_compact_for_a_program(self, mara: Client) -> None:
        read = mara.get(f"{TRACE}/json", headers={"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
        taken = mara.get(f"{TRACE}/json", headers={"Accept": "*/*"})
        assert read.json() == taken.json()
        assert (read.content.count(b"\n") > 50, taken.content.count(b"\n")) == (True, 0)
        assert "Accept" in taken["Vary"]


@pytest.mark.usefixtures("seeded")
class TestFromTraceToTrace:
    def walk(self, mara: Client, way: str, start: str, steps: int, **state: str) -> list[str]:
        found = [start]
        for _ in range(steps):
            answer = mara.get(f"/p/atlas/traces/{found[-1]}/{way}", state)
            found.append(answer["Location"].split("?")[0].rpartition("/")[2])
        return found

    @pytest.mark.parametrize("sort", ["", "oldest", "latency", "cost", "confidence", "groundedness"])
    def test_next_and_previous_follow_the_list_in_its_order_and_its_filter(self, mara: Client, sort: str) -> None:
        state = {"q": "product:celery"} | ({"sort": sort} if sort else {})
        listed = re.findall(r'data-row data-trace="(\w+)"', text(mara.get("/p/atlas/traces", state)))
        assert len(listed) == 20
        assert self.walk(mara, "next", listed[0], 3, **state) == listed[:4]
        assert self.walk(mara, "previous", listed[3], 3, **state) == listed[:4][::-1]

    def test_the_address_keeps_the_list(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"q": "product:celery", "from": "30d"}))
        first = page.split('data-trace="')[1].split('"')[0]
        assert f'href="/p/atlas/traces/{first}?q=product%3Acelery&amp;from=30d"' in page
        shown = text(mara.get(f"/p/atlas/traces/{first}", {"q": "product:celery", "from": "30d"}))
        assert f'/p/atlas/traces/{first}/next?q=product%3Acelery&amp;from=30d"' in shown
        assert f'/p/atlas/traces?q=product%3Acelery&amp;from=30d&amp;selected={first}"' in shown
        assert "last 30 days" in shown

    def test_an_end_of_the_list_says_so_and_stays(self, mara: Client) -> None:
        answer = mara.get(f"{TRACE}/previous", {"q": "feedback:down"}, follow=True)
        assert answer.redirect_chain[-1][0] == f"{TRACE}?q=feedback%3Adown"
        assert "This is the first trace of the list." in text(answer)

    def test_a_time_that_ends_is_said_with_the_way_out_of_it(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/traces", {"q": "has:fault", "to": "2026-11-02"}))
        assert "until 2026-11-02" in page
        assert 'href="/p/atlas/traces?q=has%3Afault">or any later</a>' in page
        assert "until 2026-11-02" in text(mara.get(TRACE, {"to": "2026-11-02"}))
        assert "in that time" in text(mara.get("/p/atlas/traces", {"q": "has:fault", "to": "1971-01-01"}))

    def test_what_cannot_be_read_leads_to_the_list_which_says_why(self, mara: Client) -> None:
        assert mara.get(f"{TRACE}/next", {"q": "prodct:x"})["Location"] == "/p/atlas/traces?q=prodct%3Ax"
        assert mara.get(f"{TRACE}/next", {"sort": "colour"})["Location"] == "/p/atlas/traces?sort=colour"
        assert mara.get(f"/p/atlas/traces/{'0' * 32}/next").status_code == 404


@pytest.mark.usefixtures("seeded")
class TestHostileText:
    def test_is_escaped_bounded_and_made_visible(self, mara: Client) -> None:
        trace = f"traces/{made.HOSTILE}"
        for page in ("traces", trace, f"{trace}/peek", "traces-facets", f"traces?selected={made.HOSTILE}"):
            shown = text(mara.get(f"/p/atlas/{page}"))
            assert "<script>document" not in shown
            assert "<img src=x" not in shown
            assert "\x00" not in shown
            assert "\u202e" not in shown
            assert len(shown) < 300_000

    def test_of_many_lines_takes_a_few(self, mara: Client, sender: Sender, drained: Callable[[], None]) -> None:
        many = "line\n" * 50
        stages = [{"stage": "generate", "status": "error", "error": many}]
        sent = {
            "trace_id": "e1" * 16,
            "query": many,
            "started_at": "2026-11-20T10:00:00Z",
            "answer": "x",
            "stages": stages,
        }
        assert sender.post("/api/v1/traces", made.as_json([sent]), "application/json").json()["accepted"] == 1
        drained()
        shown = text(mara.get(f"/p/atlas/traces/{'e1' * 16}"))
        question, error = re.findall(r'<bdi class="text">(.*?)</bdi>', shown, re.DOTALL)
        assert (question.count("line\n"), error.count("line\n")) == (6, 12)
        assert "Show all 250 characters of the question" in shown

    def test_a_policy_without_inline_scripts_or_styles_stands_behind_it(self, mara: Client) -> None:
        response = mara.get(TRACE)
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy
        page = text(response)
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page


class TestSpans:
    def test_show_what_their_events_carry_and_where_their_links_lead(
        self, mara: Client, sender: Sender, drained: Callable[[], None]
    ) -> None:
        raised = [{"key": "exception.message", "value": {"stringValue": "no <b>route</b> to host"}}]
        event = {"name": "exception", "timeUnixNano": str(START_NS), "attributes": raised}
        link = {"traceId": "ab" * 16, "spanId": "cd" * 8}
        sent = otlp_span("f0" * 16, events=[event], links=[link])
        assert sender.post("/v1/traces", otlp_json(sent), "application/json").status_code == 200
        drained()
        shown = text(mara.get(f"/p/atlas/traces/{'F0' * 16}/spans/{sent['spanId']}"))
        assert "exception.message" in shown and "no &lt;b&gt;route&lt;/b&gt; to host" in shown
        assert f"/p/atlas/traces/{'ab' * 16}" in shown

    @pytest.fixture
    def many(self, sender: Sender, drained: Callable[[], None]) -> str:
        sender.post("/v1/traces", made.otlp(10_000))
        drained()
        return "5" * 32

    def test_of_a_trace_of_ten_thousand_come_in_pages_and_content_on_demand(self, mara: Client, many: str) -> None:
        whole = mara.get(f"/p/atlas/traces/{many}")
        assert len(whole.content) < 300_000
        first = text(mara.get(f"/p/atlas/traces/{many}/spans", headers=HTMX))
        assert first.count('class="name"') == 200
        assert "spans?from=200" in first
        rows = text(mara.get(f"/p/atlas/traces/{many}/spans?from=9900", headers=HTMX))
        assert rows.count('class="name"') == 100
        assert "spans?from=" not in rows
        assert "<table" not in rows

    def test_show_their_attributes_bounded_with_the_whole_as_plain_text(self, mara: Client, many: str) -> None:
        address = f"/p/atlas/traces/{many}/spans/{1:016x}"
        row = text(mara.get(address, headers=HTMX))
        assert row.startswith('<tr class="opened">')
        assert "Show all" in row
        assert len(row) < 20_000
        response = mara.get(f"{address}/attribute", {"name": "long"})
        assert len(response.content) == 5_000_000
        assert mara.get(f"{address}/attribute", {"name": "none"}).status_code == 404
        assert mara.get(f"/p/atlas/traces/{many}/spans/{'9' * 16}").status_code == 404


class TestTheFirstRun:
    def test_is_where_a_project_without_traces_begins(self, mara: Client, clean_store: None) -> None:
        assert mara.get("/")["Location"] == "/p/atlas/"
        assert mara.get("/p/atlas/")["Location"] == "/p/atlas/start/"

    def test_is_offered_by_an_empty_list_which_notices_the_first_trace(self, mara: Client, clean_store: None) -> None:
        page = text(mara.get("/p/atlas/traces"))
        assert "No trace has come yet" in page and "http://testserver/v1/traces" in page
        assert 'href="/p/atlas/start/">How to send traces' in page and 'hx-get="/p/atlas/start/arrival' in page

    def test_of_somebody_in_no_project_says_how_to_get_one(self, people: dict[str, Any]) -> None:
        kim = Client()
        kim.force_login(people["kim"])
        assert "create_project" in text(kim.get("/"))

    @pytest.mark.parametrize("sdk", ["python", "openinference", "node", "curl", "environment"])
    def test_shows_a_snippet_with_a_key_that_can_only_send(self, mara: Client, clean_store: None, sdk: str) -> None:
        from tracing.models import Key

        page = text(mara.get("/p/atlas/start/", {"sdk": sdk}))
        secrets = set(re.findall(r"sl_[\w-]{40,}", page))
        assert len(secrets) == 1
        assert Key.objects.get(hashed=Key.digest(secrets.pop())).scopes == ["ingest"]
        assert "http://testserver" in page

    def test_shows_the_same_key_again_and_another_after_a_revocation(self, mara: Client, clean_store: None) -> None:
        from tracing.models import Key

        mara.get("/p/atlas/start/")
        mara.get("/p/atlas/start/")
        assert Key.objects.count() == 1
        Key.objects.get().revoke()
        mara.get("/p/atlas/start/")
        assert Key.objects.filter(revoked_at=None).count() == 1

    def test_gives_viewers_no_key(self, people: dict[str, Any], clean_store: None) -> None:
        vera = Client()
        vera.force_login(people["vera"])
        page = text(vera.get("/p/atlas/start/"))
        assert "YOUR_KEY" in page
        assert "sl_" not in page

    def test_notices_the_first_trace(self, mara: Client, sender: Sender, drained: Callable[[], None]) -> None:
        before = text(mara.get("/p/atlas/start/"))
        assert "Waiting for the first trace" in before
        sender.post("/api/v1/traces", made.as_json(made.bare()), "application/json")
        drained()
        after = text(mara.get("/p/atlas/start/arrival", {"since": "1"}, headers=HTMX))
        assert f"/p/atlas/traces/{made.BARE}" in after
        assert "hx-trigger" not in after
        assert mara.get("/p/atlas/")["Location"] == "/p/atlas/traces"


@pytest.mark.usefixtures("seeded")
class TestTheIngestAccount:
    def test_adds_up(self, mara: Client) -> None:
        page = text(mara.get("/p/atlas/ingest/"))
        assert "received</li>" in page
        assert '<td class="number">65</td>' in page
        assert "Nothing was refused" in page

    def test_says_what_was_refused_and_how_to_cure_it(
        self, mara: Client, sender: Sender, drained: Callable[[], None]
    ) -> None:
        assert sender.post("/v1/traces", b"not protobuf \xff").status_code == 400
        drained()
        page = text(mara.get("/p/atlas/ingest/"))
        assert "mend the sender" in page


def test_the_stages_hues_come_from_the_enum(client: Client) -> None:
    from tracing.stages import Stage

    response = client.get("/stages.css")
    assert response["Content-Type"].startswith("text/css")
    for stage in Stage:
        rule = f'[data-stage="{stage.label}"] {{ --hue: light-dark({stage.hue}, {stage.hue_dark}); }}'
        assert rule in response.content.decode()
