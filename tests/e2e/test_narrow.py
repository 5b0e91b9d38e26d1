"""What a telephone or a narrow window does with the pages: nothing is hidden or cut, nothing scrolls sideways."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import Sender
from tests.e2e import made
from tests.e2e.conftest import Visitor
from tests.tracing.stored import a_trace, candidate, keep, trace_id
from tracing.corpus import drift
from tracing.models import Key, Project, Scope
from tracing.records import Versions

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

BEHIND = """() => { const row = document.activeElement.closest("[data-row]").getBoundingClientRect();
    return row.bottom - document.querySelector("#peek").getBoundingClientRect().top; }"""


@pytest.mark.parametrize("width", [1024, 390])
def test_rows_are_walked_above_the_sheet_and_never_behind_it(visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit(width=width)
    visitor.page.emulate_media(reduced_motion="reduce")
    page = visitor.open("/p/atlas/traces")
    for _ in range(8):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#peek .title")
    for _ in range(50):
        page.keyboard.press("j")
        assert page.evaluate(BEHIND) <= 0
    for _ in range(3):
        page.keyboard.press("k")
        assert page.evaluate(BEHIND) <= 0


@pytest.mark.parametrize("width", [900, 740, 390])
@pytest.mark.parametrize("path", ["/p/atlas/traces", "/p/atlas/traces?q=product:celery"])
def test_every_menu_of_the_list_opens_whole(visit: Callable[..., Visitor], width: int, path: str) -> None:
    page = visit(width=width).open(path)
    for menu in page.locator(".tools details.menu").all():
        menu.locator("> summary").click()
        box = menu.locator("> div").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        menu.locator("> summary").click()


def test_the_help_on_filters_stands_in_one_column_on_a_telephone(visit: Callable[..., Visitor]) -> None:
    page = visit(width=390).open("/p/atlas/traces")
    page.locator(".menu.help > summary").click()
    columns = page.locator(".filter-help dl").first.evaluate("dl => getComputedStyle(dl).gridTemplateColumns")
    assert len(columns.split()) == 1


def test_what_an_opened_span_carries_stands_in_one_column_and_is_cut_nowhere(visit: Callable[..., Visitor]) -> None:
    page = visit(width=390).open(f"/p/atlas/traces/{made.FULL}?spans=1")
    page.locator("#spans a[data-unfold]").first.click()
    page.wait_for_selector("tr.opened dl")
    tree, pairs = page.locator("#span-tree").bounding_box(), page.locator("tr.opened dl").first.bounding_box()
    assert tree is not None
    assert pairs is not None
    assert pairs["x"] + pairs["width"] <= tree["x"] + tree["width"]
    columns = page.locator("tr.opened dl").first.evaluate("dl => getComputedStyle(dl).gridTemplateColumns")
    assert len(columns.split()) == 1


def test_the_other_times_of_a_question_stand_in_lines_that_are_read_whole(visit: Callable[..., Visitor]) -> None:
    visitor = visit(width=390)
    release = Versions(release="2026.11.18")
    keep(*(a_trace(number, query="What is it?", outcome="answer", versions=release) for number in (1, 2)))
    page = visitor.open(f"/p/atlas/traces/{trace_id(1)}")
    cells = page.locator(".others td")
    expect(cells).to_have_count(5)
    lines = "td => td.getBoundingClientRect().height / parseFloat(getComputedStyle(td).lineHeight)"
    assert all(cell.evaluate(lines) < 2 for cell in cells.all())
    assert page.locator(".scroll:has(.others)").evaluate("box => box.scrollWidth - box.clientWidth") == 0


def test_what_was_wrong_at_the_sign_in_stands_apart_from_the_form(visit: Callable[..., Visitor]) -> None:
    visitor = visit(width=390)
    visitor.page.context.clear_cookies()
    page = visitor.open("/accounts/login/")
    page.get_by_label("User name").fill("mara")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    note, label = page.get_by_role("alert").bounding_box(), page.get_by_text("User name").bounding_box()
    assert note is not None
    assert label is not None
    assert label["y"] - (note["y"] + note["height"]) >= 12


def box(page: Any, selector: str) -> dict[str, float]:
    """Where the one element that matches is."""
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def test_a_key_is_a_block_with_its_button_last(visit: Callable[..., Visitor]) -> None:
    Key.objects.all().delete()
    Key.issue(Project.objects.get(slug="atlas"), "docs bot, production", list(Scope.values))
    page = visit(width=390).open("/p/atlas/settings/keys/")
    row, may, button = (box(page, f".stacked {part}") for part in ("tbody tr", "td.whole-line", "button"))
    assert may["y"] + may["height"] <= button["y"]
    assert may["x"] >= row["x"] and may["x"] + may["width"] <= row["x"] + row["width"]
    assert page.locator(".scroll").evaluate("frame => frame.scrollWidth - frame.clientWidth") == 0


def test_a_selected_row_has_one_colour(visit: Callable[..., Visitor]) -> None:
    page = visit(width=390).open(f"/p/atlas/traces?selected={made.FULL}")
    row = page.locator("[data-row][data-selected]")
    page.mouse.move(0, 0)
    colours = "cell => getComputedStyle(cell).backgroundColor"
    for state in (row, page.locator("[data-row]").nth(2)):
        state.hover()
        assert {cell.evaluate(colours) for cell in state.locator("td").all()} == {"rgba(0, 0, 0, 0)"}
    expect(row).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_where_an_anchor_moved_to_stands_under_it(visit: Callable[..., Visitor], sender: Sender) -> None:
    for version, anchor in (("1", "doc_manual-integration#django"), ("2", "doc_integration-with-frameworks#django")):
        line = {"anchor": anchor, "product": "atlas", "path": "a.md", "source_hash": "h"}
        sender.put("/api/v1/corpus/manifest", json.dumps(line), version=version, effective_at=f"2026-0{version}-01")
    old = candidate("1", "doc_manual-integration#django")
    keep(a_trace(1, started_ns=time.time_ns() - 10**9, candidates=(old,)))
    drift.look("atlas")
    page = visit(width=390).open("/p/atlas/corpus/")
    frame = page.locator(".scroll:has(.findings .whole-line)")
    before, after = (box(page, f".findings tr:has(.whole-line) {part}") for part in ("th bdi", ".whole-line bdi"))
    assert before["y"] + before["height"] <= after["y"] < before["y"] + 3 * before["height"]
    assert after["x"] + after["width"] <= 390
    assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") == 0
