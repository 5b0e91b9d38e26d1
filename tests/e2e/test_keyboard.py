"""What a browser adds: keys, the peek, rows that open, the viewer's clock, the theme, the live list."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.conftest import Sender
from tests.e2e import made
from tests.e2e.conftest import Visitor
from tracing.judging import attribute
from tracing.models import Key, Membership, Project, Scope

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_keys_walk_the_list_and_open_a_row_beside_it_and_then_whole(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/p/atlas/traces")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(f'[data-trace="{made.FULL}"] a[data-peek]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#peek")).to_contain_text("Why is my signal receiver called twice")
    expect(page).to_have_url(re.compile(f"selected={made.FULL}"))
    page.keyboard.press("j")
    expect(page.locator("#peek")).to_contain_text("gpj.exe")
    expect(page).to_have_url(re.compile(f"selected={made.HOSTILE}"))
    page.keyboard.press("k")
    expect(page.locator("#peek")).to_contain_text("Why is my signal receiver called twice")
    page.keyboard.press("Escape")
    expect(page.locator("#peek")).to_be_empty()
    expect(page).not_to_have_url(re.compile("selected"))
    page.keyboard.press("Enter")
    expect(page.locator("#peek")).to_contain_text("Why is my signal")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/traces/{made.FULL}")


def test_escape_closes_a_menu_before_what_is_beside_it(visit: Callable[..., Visitor]) -> None:
    page = visit().open(f"/p/atlas/traces?selected={made.FULL}")
    menu = page.locator("details.menu", has_text="Export")
    menu.locator("summary").click()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    expect(page.locator("#peek")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(page.locator("#peek")).to_be_empty()


LEFT_BELOW = """top => new Promise(done => { scrollTo(0, top); requestAnimationFrame(() => requestAnimationFrame(() =>
    done(innerHeight - document.querySelector("#peek").getBoundingClientRect().bottom))); })"""


@pytest.mark.parametrize("height", [900, 768])
def test_what_is_beside_the_list_ends_where_the_window_does(visit: Callable[..., Visitor], height: int) -> None:
    visitor = visit()
    visitor.page.set_viewport_size({"width": 1440, "height": height})
    visitor.page.emulate_media(reduced_motion="reduce")
    page = visitor.open(f"/p/atlas/traces?selected={made.FULL}")
    for scrolled in (0, 60, 600):
        assert page.evaluate(LEFT_BELOW, scrolled) == pytest.approx(16, abs=1)


@pytest.mark.parametrize("height", [900, 768])
def test_what_is_beside_the_list_ends_in_the_window_without_a_script(
    visit: Callable[..., Visitor], height: int
) -> None:
    visitor = visit(script=False)
    visitor.page.set_viewport_size({"width": 1440, "height": height})
    box = visitor.open(f"/p/atlas/traces?selected={made.FULL}").locator("#peek").bounding_box()
    assert box is not None
    assert 0 < height - (box["y"] + box["height"]) < 60


def test_a_row_whose_form_beside_the_list_cannot_be_had_leaves_none_of_another(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.open(f"/p/atlas/traces?selected={made.FULL}")
    page.route("**/peek*", lambda route: route.abort())
    page.locator(f'[data-trace="{made.FULL}"] a[data-peek]').focus()
    page.keyboard.press("j")
    expect(page.locator("#peek")).to_be_empty()
    expect(page.locator("#peek")).not_to_have_attribute("aria-busy", "true")


def test_keys_go_from_a_trace_to_the_next_of_its_list_and_back(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/p/atlas/traces?q=product:celery")
    links = [link.get_attribute("href") or "" for link in page.locator("[data-row] a[data-peek]").all()]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#peek")).to_contain_text("Open the whole trace")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{links[0]}")
    page.keyboard.press("j")
    page.wait_for_url(f"**{links[1]}")
    page.keyboard.press("k")
    page.wait_for_url(f"**{links[0]}")
    page.keyboard.press("k")
    expect(page.get_by_text("This is the first trace of the list.")).to_be_visible()
    page.get_by_role("navigation", name="Where in the list").get_by_role("link", name="Traces").click()
    expect(page.locator("[data-selected] a[data-peek]")).to_have_attribute("href", links[0])


def test_a_key_says_that_the_verdict_is_right(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    attribute.attribute_due(Project.objects.get(slug="atlas"))
    page = visitor.open(f"/p/atlas/traces/{made.FAILED}")
    expect(page.locator("#verdict")).to_contain_text("Broke at rerank: the stage ran past its deadline")
    page.keyboard.press("a")
    expect(page.locator("#verdict")).to_contain_text("said by mara")
    expect(page.get_by_role("button", name="Right")).to_have_count(0)


def test_keys_go_to_places_and_show_themselves(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/p/atlas/traces")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("i")
    assert page.url.endswith("/traces")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/ingest/")


def test_no_key_does_anything_while_typing(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/p/atlas/traces")
    page.keyboard.press("/")
    page.keyboard.type("gi?jkt")
    expect(page.locator("[data-filter]")).to_have_value("gi?jkt")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.url.endswith("/traces")


def test_a_filter_is_written_on_at_its_end(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/p/atlas/traces?q=has:fault")
    page.keyboard.press("/")
    page.keyboard.type(" env:prod")
    expect(page.locator("[data-filter]")).to_have_value("has:fault env:prod")


def test_a_slash_on_a_trace_goes_to_the_filter_of_its_list(visit: Callable[..., Visitor]) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}?q=product:django")
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile(rf"/traces\?q=product%3Adjango&selected={made.FULL}$"))
    expect(page.locator("[data-filter]")).to_be_focused()
    page.keyboard.type(" env:prod")
    expect(page.locator("[data-filter]")).to_have_value("product:django env:prod")


def test_a_chunk_opens_its_text_and_closes_again(visit: Callable[..., Visitor]) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}")
    link = page.locator('[data-chunk="chunk-000"] a[data-unfold]')
    expect(link).to_have_attribute("aria-expanded", "false")
    link.click()
    expect(page.locator("tr.opened")).to_contain_text("What it says, at some length")
    expect(link).to_have_attribute("aria-expanded", "true")
    link.click()
    expect(page.locator("tr.opened")).to_have_count(0)


def test_t_shows_the_spans_and_show_unfolds_the_dropped(visit: Callable[..., Visitor]) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}")
    page.keyboard.press("t")
    expect(page.locator("#span-tree table")).to_be_visible()
    before = page.locator("[data-chunk]").count()
    page.get_by_role("link", name="show", exact=True).click()
    expect(page.locator("[data-chunk]")).to_have_count(40)
    expect(page.locator("[data-chunk] a[data-unfold]").nth(before)).to_be_focused()
    expect(page).to_have_url(re.compile("dropped=all"))


def test_times_are_in_the_viewers_zone_with_utc_on_hover(visit: Callable[..., Visitor]) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}")
    time = page.locator("time").first
    shown, utc = time.inner_text(), time.get_attribute("title") or ""
    assert utc.endswith(" UTC")
    hours = (int(shown.split()[-1][:2]) - int(utc[11:13])) % 24
    assert hours in (1, 2)  # Zurich, in winter or in summer


def test_the_theme_changes_at_once_and_sticks(visit: Callable[..., Visitor]) -> None:
    visitor = visit(scheme="light")
    page = visitor.open("/p/atlas/traces")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page = visitor.open("/p/atlas/ingest/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_the_theme_of_a_dark_system_is_changed_without_a_script(visit: Callable[..., Visitor]) -> None:
    visitor = visit(scheme="dark", script=False)
    ground = "getComputedStyle(document.body).backgroundColor"
    page = visitor.open("/p/atlas/traces")
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light").click()
    expect(page.get_by_role("button", name="Light")).to_have_count(0)
    assert page.evaluate(ground) != dark
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_count(0)
    assert page.evaluate(ground) == dark


def test_one_button_changes_the_theme_where_a_script_runs(visit: Callable[..., Visitor]) -> None:
    page = visit(scheme="dark").open("/p/atlas/traces")
    expect(page.locator("[data-theme-form] button")).to_have_text(["Light"])


def test_a_live_list_shows_what_arrives_and_keeps_ones_place(
    visit: Callable[..., Visitor], sender: Sender, drained: Callable[[], None], people: dict[str, Any]
) -> None:
    page = visit().open("/p/atlas/traces?live=1")
    page.keyboard.press("j")
    new = made.bare() | {"trace_id": "f" * 32, "started_at": made.at(0), "query": "What has just been asked?"}
    sender.post("/api/v1/traces", made.as_json(new), "application/json")
    drained()
    expect(page.locator("#list")).to_contain_text("What has just been asked?")
    expect(page.locator("#announce")).to_contain_text("1 new trace")
    expect(page.locator(f'[data-trace="{made.FULL}"] a[data-peek]')).to_be_focused()
    expect(page.locator("#count")).to_contain_text("66 traces")
    mara = Client()
    mara.force_login(people["mara"])
    mara.post(f"/p/atlas/traces/{'f' * 32}/verdict", {"what": "generate.incomplete"})
    expect(page.locator(f'[data-trace="{"f" * 32}"]')).to_contain_text("the answer leaves it out")
    expect(page.locator(".facets [data-stage=generate]")).to_be_visible()


def test_the_first_trace_takes_the_place_of_the_words_that_none_has_come(
    visit: Callable[..., Visitor], drained: Callable[[], None], people: dict[str, Any]
) -> None:
    new = Project.objects.create(slug="new", name="New")
    Membership.objects.create(project=new, user=people["mara"], role="owner")
    sender = Sender(Client(), Key.issue(new, "test", [Scope.INGEST])[1])
    page = visit().open("/p/new/traces")
    expect(page.get_by_text("No trace has come yet")).to_be_visible()
    sender.post("/api/v1/traces", made.as_json(made.bare()), "application/json")
    drained()
    expect(page.get_by_text("It is here.")).to_be_visible()
    expect(page.get_by_text("No trace has come yet")).to_be_hidden()


def test_count_and_facets_arrive_after_the_list(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/p/atlas/traces")
    expect(page.locator("#count")).to_contain_text("65 traces")
    page.locator(".facets").get_by_role("link", name="celery").click()
    expect(page.locator("[data-row]")).to_have_count(20)


@pytest.mark.parametrize("width", [1920, 1440, 1280, 1181, 1024, 900, 740, 390])
@pytest.mark.parametrize("selected", ["", f"?selected={made.FULL}"])
def test_the_list_shows_fewer_columns_where_there_is_less_room_and_cuts_none(
    visit: Callable[..., Visitor], width: int, selected: str
) -> None:
    page = visit(width=width).open(f"/p/atlas/traces{selected}")
    assert page.evaluate("(list => list.scrollWidth - list.clientWidth)(document.querySelector('#list .scroll'))") == 0
    if width == 1440 and not selected:
        expect(page.get_by_role("columnheader", name="cost")).to_be_visible()


def test_a_link_above_the_rows_leads_to_facets_that_lie_below_them(visit: Callable[..., Visitor]) -> None:
    page = visit(width=1024).open("/p/atlas/traces")
    page.get_by_role("link", name="Facets").click()
    expect(page.get_by_role("heading", name="Facets")).to_be_in_viewport()
    wide = visit(width=1440).open("/p/atlas/traces")
    expect(wide.get_by_role("link", name="Facets")).to_be_hidden()


def test_what_the_server_refuses_in_the_background_is_said_on_the_page(visit: Callable[..., Visitor]) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}")
    link = page.locator('[data-chunk="chunk-000"] a[data-unfold]')
    page.route("**/chunk?**", lambda route: route.fulfill(status=500))
    link.click()
    expect(page.locator("#problem")).to_contain_text("The server could not do that")
    expect(page.locator("#problem")).to_be_visible()
    page.unroute("**/chunk?**")
    page.route("**/chunk?**", lambda route: route.abort())
    link.click()
    expect(page.locator("#problem")).to_contain_text("The server does not answer")
    page.unroute("**/chunk?**")
    link.click()
    expect(page.locator("tr.opened")).to_contain_text("What it says, at some length")
    expect(page.locator("#problem")).to_be_hidden()


def test_a_live_list_of_somebody_who_was_signed_out_takes_no_keystroke_and_asks_no_more(
    visit: Callable[..., Visitor], people: dict[str, Any]
) -> None:
    visitor = visit()
    visitor.page.clock.install()
    page = visitor.open("/p/atlas/traces?live=1")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.clear_cookies()
    page.keyboard.press("/")
    page.keyboard.type("feed")
    problem = page.locator("#problem")
    expect(problem).to_have_text("You are signed out. Sign in")
    page.keyboard.type("back:down")
    expect(page.locator("[data-filter]")).to_have_value("feedback:down")
    asked.clear()
    page.locator(f'[data-trace="{made.FULL}"] td.time').click()
    expect(page.locator("#peek")).to_be_empty()
    expect(page.locator("[data-row]").first).to_be_visible()
    page.clock.run_for(10_000)  # the list had asked every two seconds
    assert [one for one in asked if "traces-newer" in one] == []
    address = page.url
    problem.get_by_role("link", name="Sign in").click()
    page.get_by_label("User name").fill("mara")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(address)
    expect(page.locator("#peek")).to_contain_text("Why is my signal receiver called twice")


def test_whoever_signs_in_again_elsewhere_goes_on_with_the_page(visit: Callable[..., Visitor]) -> None:
    page = visit().open(f"/p/atlas/traces/{made.FULL}")
    cookies: list[Any] = list(page.context.cookies())
    page.context.clear_cookies()
    link = page.locator('[data-chunk="chunk-000"] a[data-unfold]')
    link.click()
    expect(page.locator("#problem")).to_contain_text("You are signed out.")
    expect(link).to_have_attribute("aria-expanded", "false")
    page.context.add_cookies(cookies)
    link.click()
    expect(page.locator("tr.opened")).to_contain_text("What it says, at some length")
    expect(page.locator("#problem")).to_be_hidden()


SENT_AT_TWO_CLICKS = """button => {
    const sent = [];
    addEventListener("submit", event => { sent.push(!event.defaultPrevented); event.preventDefault(); });
    button.click();
    button.click();
    return sent;
}"""


def test_a_double_click_sends_a_form_once_and_back_makes_it_whole(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/p/atlas/settings/keys/")
    page.get_by_label("Name").fill("docs bot")
    assert page.get_by_role("button", name="Make the key").evaluate(SENT_AT_TWO_CLICKS) == [True, False]
    page.reload()
    for name in ("docs bot", "another"):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Make the key").click()
        expect(page.get_by_text(f"{name} is made.")).to_be_visible()
        page.go_back()
        expect(page.locator("form[aria-busy]")).to_have_count(0)


def test_an_id_copies_on_click(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.open(f"/p/atlas/traces/{made.FULL}")
    page.locator('[data-what="trace id"]').first.click()
    expect(page.locator("#announce")).to_contain_text("Copied trace id")
    assert page.evaluate("navigator.clipboard.readText()") == made.FULL


def test_the_journey_copies_as_csv(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.open(f"/p/atlas/traces/{made.FULL}")
    page.get_by_role("link", name="Copy as CSV").click()
    expect(page.locator("#announce")).to_contain_text("Copied the journey as CSV")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("chunk_id,anchor,product,title") and len(copied.splitlines()) == 41


def test_everything_is_reached_without_a_script(visit: Callable[..., Visitor]) -> None:
    page = visit(script=False).open("/p/atlas/traces")
    page.locator("[data-row] a").first.click()
    page.locator('[data-chunk="chunk-000"] a').first.click()
    expect(page.get_by_text("What it says, at some length")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="show", exact=True).click()
    expect(page.locator("[data-chunk]")).to_have_count(40)
    page.get_by_role("link", name="Show the tree and the timeline").click()
    expect(page.locator("#span-tree table")).to_have_count(1)
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page).to_have_url(re.compile(f"/traces/{made.HOSTILE}$"))
